"""The simulated server says on its sockets what the real one said, in the same order, to the same clients."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx2
import pytest

from hooks.simulator import RunningSimulator
from tests.contracts.conftest import Serve
from tests.contracts.listening import Listener, in_own_order, told
from tests.contracts.recorded import HERE
from tests.waiting import until

TRANSCRIPTS = [json.loads(line) for line in (HERE / "sockets.jsonl").read_text(encoding="utf-8").splitlines()]
SHORT = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 1}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "short"}},
}
LONG = next(one["graph"] for one in TRANSCRIPTS if one["name"] == "interrupt_targeted")


@pytest.fixture(scope="module")
def sim(serve: Serve) -> RunningSimulator:
    return serve()


@pytest.fixture(autouse=True)
def calm(sim: RunningSimulator) -> None:
    """Every test begins with a server that has just started."""
    sim.turn(step_seconds=0, worker_paused=False, ws_silent=False, deregister_on_close=True)
    sim.simulator.restart()


def submit(sim: RunningSimulator, graph: dict[str, Any], **more: Any) -> str:
    answer = httpx2.post(f"{sim.url}/prompt", json={"prompt": graph, "prompt_id": str(uuid.uuid4()), **more}, timeout=20)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["prompt_id"])


def finish(sim: RunningSimulator, prompt_id: str) -> None:
    until(lambda: bool(httpx2.get(f"{sim.url}/history/{prompt_id}").json()), "the job ends")


def stop(sim: RunningSimulator, how: str, prompt_id: str) -> None:
    if how == "jobs_cancel":
        assert httpx2.post(f"{sim.url}/api/jobs/{prompt_id}/cancel").json() == {"cancelled": True}
    else:
        httpx2.post(f"{sim.url}/interrupt", json={"prompt_id": prompt_id} if how == "targeted" else None)


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda one: one["name"])
def test_messages_come_in_the_recorded_order(sim: RunningSimulator, transcript: dict[str, Any]) -> None:
    how = transcript["how"]
    for graph in transcript["before"]:
        finish(sim, submit(sim, graph))
    with Listener(sim, features=bool(how.get("features"))) as owner, Listener(sim) as other:
        more: dict[str, Any] = {} if how.get("anonymous") else {"client_id": owner.client}
        if "targets" in how:
            more["partial_execution_targets"] = how["targets"]
        if "preview" in how:
            more["extra_data"] = {"preview_method": how["preview"]}
        sim.turn(step_seconds=0.05 if "stop" in how else 0)
        prompt_id = submit(sim, transcript["graph"], **more)
        if "stop" in how:
            owner.until("progress")
            stop(sim, how["stop"], prompt_id)
        finish(sim, prompt_id)
        if not how.get("anonymous"):
            owner.until("executing", node=None)
        heard = (other if how.get("watcher") else owner).all()
    mine, recorded = [told(said) for said in heard], transcript["messages"]
    assert settled(mine, stopped="stop" in how) == settled(recorded, stopped="stop" in how)


def settled(messages: list[list[Any]], *, stopped: bool) -> list[list[Any]]:
    """Without what came before the job. When a job was stopped, how far it had come is left out."""
    kept = [one for one in messages if one[-1] != "sid" and one[0] != "feature_flags"]
    if stopped:
        kept = [one for one in kept if one[0] not in ("progress", "binary", "execution_cached")]
        kept = [one for number, one in enumerate(kept) if number == 0 or not (kept[number - 1][0] == one[0] == "progress_state")]
        return [one[:1] if one[0] == "progress_state" else one for one in in_own_order(kept)]
    return in_own_order(kept)


# stories


def test_features_are_negotiated_by_the_first_sensible_message_only(sim: RunningSimulator) -> None:
    hello = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
    with Listener(sim) as patient:
        patient.socket.send("{nonsense")
        patient.socket.send(hello)
        assert patient.until("feature_flags")["data"] == httpx2.get(f"{sim.url}/features").json()
        patient.socket.send(hello)
        assert [told(said)[0] for said in patient.all()] == ["status", "feature_flags"]
    with Listener(sim) as late:
        late.socket.send(json.dumps({"type": "something else"}))
        late.socket.send(hello)
        assert [told(said)[0] for said in late.all()] == ["status"]


def test_a_preview_says_whose_it_is_only_when_that_was_asked_for(sim: RunningSimulator) -> None:
    with Listener(sim, features=True) as client:
        prompt_id = submit(sim, LONG, client_id=client.client, extra_data={"preview_method": "latent2rgb"})
        client.until("execution_success")
        frame = next(said for said in client.heard if isinstance(said, bytes))
    length = int.from_bytes(frame[4:8], "big")
    about = json.loads(frame[8 : 8 + length])
    assert about["prompt_id"] == prompt_id
    assert about["image_type"] == "image/jpeg"
    assert frame[8 + length :].startswith(b"\xff\xd8\xff")


def test_an_interrupt_for_another_job_changes_nothing(sim: RunningSimulator) -> None:
    with Listener(sim) as client:
        sim.turn(step_seconds=0.02)
        submit(sim, LONG, client_id=client.client)
        client.until("progress")
        stop(sim, "targeted", str(uuid.uuid4()))
        client.until("execution_success")


def test_an_interrupt_with_nothing_running_does_not_hit_the_next_job(sim: RunningSimulator) -> None:
    stop(sim, "global", "")
    with Listener(sim) as client:
        submit(sim, SHORT, client_id=client.client)
        client.until("execution_success")


def test_clearing_the_queue_tells_owners_only_the_number_left(sim: RunningSimulator) -> None:
    with Listener(sim) as client:
        sim.turn(step_seconds=0.05)
        running = submit(sim, LONG, client_id=client.client)
        waiting = [submit(sim, SHORT, client_id=client.client) for _ in range(3)]
        httpx2.post(f"{sim.url}/queue", json={"clear": True})
        stop(sim, "targeted", running)
        finish(sim, running)
        heard = client.all()
    assert ["status", 4] in [told(said) for said in heard]
    about = [said["data"].get("prompt_id") for said in heard if isinstance(said, dict)]
    assert not set(waiting) & set(about)


def test_history_is_readable_when_the_job_is_said_to_be_over(sim: RunningSimulator) -> None:
    with Listener(sim) as client:
        sim.turn(history_delay=60)
        prompt_id = submit(sim, SHORT, client_id=client.client)
        client.until("execution_success")
        assert httpx2.get(f"{sim.url}/history/{prompt_id}").json() == {}
        sim.turn(history_delay=0)
        client.until("executing", node=None)
        assert prompt_id in httpx2.get(f"{sim.url}/history/{prompt_id}").json()


def test_who_reconnects_is_told_the_node_and_not_the_job(sim: RunningSimulator) -> None:
    sim.turn(step_seconds=0.05)
    with Listener(sim, "comes-back") as client:
        submit(sim, LONG, client_id=client.client)
        client.until("progress")
    until(lambda: "comes-back" not in sim.simulator.sockets.by_id, "the old socket is gone")
    with Listener(sim, "comes-back") as client:
        assert told(client.next()) == ["status", 1, "sid"]
        assert client.next() == {"type": "executing", "data": {"node": "3"}}
        client.until("progress")
        stop(sim, "global", "")
        client.until("executing", node=None)


@pytest.mark.parametrize("as_the_real_one_does", [True, False])
def test_closing_an_old_socket_silences_the_new_one_of_the_same_client(sim: RunningSimulator, as_the_real_one_does: bool) -> None:
    sim.turn(deregister_on_close=as_the_real_one_does)
    old = Listener(sim, "same")
    with Listener(sim, "same") as new, Listener(sim) as witness:
        finish(sim, submit(sim, SHORT, client_id="same"))
        new.until("executing", node=None)
        old.close()
        until(lambda: len(sim.simulator.sockets.by_id) == (1 if as_the_real_one_does else 2), "the server notices")
        finish(sim, submit(sim, SHORT, client_id="same"))
        assert ["status", 0] in [told(said) for said in witness.all()]
        if as_the_real_one_does:
            with pytest.raises(TimeoutError):
                new.socket.recv(timeout=0.2)
        else:
            new.until("executing", node=None)


def test_a_killed_server_ends_connections_without_a_word_and_forgets_everything(sim: RunningSimulator) -> None:
    sim.turn(step_seconds=0.05)
    client = Listener(sim)
    ended = submit(sim, SHORT, client_id=client.client)
    finish(sim, ended)
    lost = submit(sim, LONG, client_id=client.client)
    client.until("progress")
    sim.simulator.restart()
    assert client.cut()
    client.close()
    for prompt_id in (ended, lost):
        assert httpx2.get(f"{sim.url}/history/{prompt_id}").json() == {}
        assert httpx2.get(f"{sim.url}/api/jobs/{prompt_id}").status_code == 404
    assert httpx2.get(f"{sim.url}/queue").json() == {"queue_running": [], "queue_pending": []}
    assert httpx2.post(f"{sim.url}/prompt", json={"prompt": SHORT}).json()["number"] == 0
    assert [run.outcome for run in sim.executed if run.prompt_id == lost] == ["lost"]
