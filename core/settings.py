"""Every environment variable, once: read into one immutable value that is passed in, never looked up elsewhere."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SHORTEST_SECRET = 16
"""Characters of SLATE_SECRET: a shorter one can be guessed, and whoever guesses it is anybody here."""


class Settings(BaseSettings):
    """How this Slate is set up. Each field is the variable `SLATE_` + its name in capitals; its description documents it."""

    model_config = SettingsConfigDict(env_prefix="SLATE_", frozen=True, extra="ignore", hide_input_in_errors=True)

    data: Path = Field(Path("data"), description="The folder of everything embedded: database, queue, files, simulated ComfyUI.")
    database_url: str = Field("", description="SQLite or PostgreSQL URL. Empty: SQLite in the data folder.")
    redis_url: str = Field("", description="Redis or Valkey URL. Empty: an embedded Valkey in the data folder.")
    blobs_url: str = Field("", description="`s3://bucket/prefix` or a `file://` URL. Empty: a folder in the data folder.")
    s3_endpoint: str = Field("", description="Endpoint of an S3 other than Amazon's. Keys come from the usual AWS variables.")
    accel_prefix: str = Field(
        "",
        pattern=r"^(/[\w./-]+)?$",
        description="Where nginx serves the folder of files internally, such as `/blobs/`: it then sends them itself.",
    )
    comfyui_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="ComfyUI servers, separated by commas, each `URL` or `name=URL`. Empty: the built-in simulated one."
    )
    simulated_backends: int = Field(1, ge=1, le=64, description="How many simulated ComfyUI servers to run when none is given.")
    simulated_step_seconds: float = Field(0.15, ge=0, description="Seconds per sampling step of a simulated ComfyUI.")
    host: str = Field("127.0.0.1", description="Address the web process listens on. Beyond this machine, put a proxy in front.")
    room_trusted: bool = Field(
        False,
        description="Whether all who reach the web process may be whoever they say in the room. Without it, it listens on "
        "this machine only.",
    )
    sign_in: Literal["name", "account"] = Field(
        "name",
        description="How people sign in on the web: `name` (whoever gives a name is that person) or `account` (with a one-time "
        "link from chat or the command line, or with an OpenID Connect provider). Needed to listen beyond this machine.",
    )
    openid_issuer: str = Field(
        "", description="Issuer of an OpenID Connect provider to sign in with, as it writes itself: `https://login.example.com`."
    )
    openid_client_id: str = Field("", description="The client id that it gave Slate; its redirect URI is `…/openid/callback`.")
    openid_client_secret: str = Field(
        "", repr=False, description="The client secret. Empty: Slate is a public client (PKCE only)."
    )
    openid_name: str = Field("", description="What the button on the sign-in page says. Empty: the issuer's host.")
    openid_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Domains of verified e-mail addresses that may sign in, separated by commas. Empty: all whom it knows.",
    )
    openid_newcomers: Literal["", "viewer", "artist", "lead", "nobody"] = Field(
        "", description="Role of people who are new: `viewer`, `artist`, `lead` or `nobody`. Empty: that of SLATE_NEWCOMER_ROLE."
    )
    openid_join_email: bool = Field(
        True, description="Whether a verified e-mail address that a member has here already makes somebody that member."
    )
    port: int = Field(8000, ge=0, le=65535, description="Port the web process listens on.")
    public_url: str = Field("", description="How people reach the web process, for links and QR codes. Empty: http://host:port.")
    secret: str = Field(
        "", repr=False, description="Key that signs receipts and links. Empty: made once and kept in the data folder."
    )
    models_paths: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="ComfyUI model folders this machine can read, separated by commas, to know model files by hash."
    )
    default_models: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Models the shipped workflows use unless told otherwise, `folder=file` separated by commas: "
        "`checkpoints=sd_xl_base_1.0.safetensors,loras=…`. Empty: those of the simulated ComfyUI.",
    )
    backend: str = Field("", description="Name of the one backend this worker process serves; set by `slate worker`.")
    lanes: int = Field(2, ge=1, le=4, description="Workers per backend; the second readies the next render near the end of one.")
    clerks: int = Field(1, ge=1, le=8, description="Processes of `slate up` that write to chats; they share the channels.")
    lead_seconds: float = Field(2.0, ge=0, description="How long before a render's expected end the next one may be claimed.")
    lease_seconds: float = Field(15.0, gt=1, description="A worker unheard of for this long has lost its render to another.")
    sweep_seconds: float = Field(2.0, gt=0, description="Pause between two rounds of the sweeper.")
    max_queued: int = Field(500, ge=1, description="Renders one member may have waiting at a time (leads and admins: no limit).")
    max_prompt: int = Field(20_000, ge=1, description="Longest text input, in characters.")
    max_upload_mb: int = Field(64, ge=1, description="Largest upload, in MiB.")
    waiting_uploads_mb: int = Field(
        512, ge=1, description="Files that one member may have put into the room without sending them, in MiB together."
    )
    max_result_mb: int = Field(1024, ge=1, description="Largest file taken from a ComfyUI, in MiB; of one run, four times that.")
    max_pixels: int = Field(120_000_000, ge=1, description="Largest picture that is opened, in pixels.")
    max_edge: int = Field(65_535, ge=1, description="Longest edge of a picture that is opened, in pixels.")
    sandbox_workers: int = Field(
        2, ge=1, le=64, description="Processes in which one process of Slate reads files from outside at a time."
    )
    sandbox_memory_mb: int = Field(
        2048, ge=256, description="Memory that reading one file may take, in MiB, besides four times the file itself."
    )
    sandbox_cpu_seconds: float = Field(30.0, ge=1, description="CPU seconds that reading one file may take.")
    sandbox_wall_seconds: float = Field(180.0, ge=1, description="Seconds that reading one file may last.")
    team: str = Field("", description="The team's name: who files say made them (credit, signer, provider). Empty: not said.")
    credit: str = Field("", description="Credit line in files, where it is not the team's name.")
    data_mining: Literal["no-ai-training", "prohibited", "allowed", "unsaid"] = Field(
        "no-ai-training",
        description="What files say about training on them: `no-ai-training`, `prohibited`, `allowed` or `unsaid`.",
    )
    aigc_producer: str = Field(
        "", description="Name or code of the producer for China's label (TC260 AIGC). Empty: no such label."
    )
    name_people: bool = Field(False, description="Whether XMP and seals name who wrote the prompt. Only with their consent.")
    seal: bool = Field(True, description="Whether finished files are sealed (signed C2PA manifests).")
    seal_certificate: Path | None = Field(
        None, description="Your certificate chain, PEM, the leaf first. Empty: a development one, made in the data folder."
    )
    seal_key: Path | None = Field(None, repr=False, description="The private key of that certificate, PEM.")
    seal_callback: str = Field("", description="`package.module:function` that signs bytes, for a key in a KMS or HSM.")
    seal_alg: str = Field("es256", description="Its algorithm: es256, es384, es512, ps256, ps384, ps512 or ed25519.")
    watermark: Literal["off", "own", "trustmark"] = Field(
        "off",
        description="A second layer in the pixels of finished pictures: `off`, `own` (Slate's, keyed by `SLATE_SECRET`) or "
        "`trustmark` (only where that package and its weights are on the machine; nothing is fetched).",
    )
    tsa_url: str = Field(
        "", description="Time-stamping service (RFC 3161). Empty: none, and seals last as long as the certificate."
    )
    trust_anchors: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="PEM files of authorities whose seals are trusted, separated by commas, besides your own."
    )
    link_days: float = Field(
        7, gt=0, description="How many days a link to a file or a package works for people without an account."
    )
    link_uses: int = Field(100, ge=1, description="How many times such a link may be used.")
    delivery_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Networks of your own that webhooks and DAMs may be in, such as `10.0.0.0/8`, separated by commas. Without "
        "it they are on the open Internet and reached by https.",
    )
    delivery_folders: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="Folders of this machine that files may be delivered into, and what is below them, separated by commas."
    )
    delivery_seconds: float = Field(20.0, ge=1, le=300, description="How long a webhook may take to answer.")
    verify_private: bool = Field(False, description="Whether `verify` may fetch files from this machine and its network.")
    verify_per_minute: int = Field(
        20, ge=1, description="How many files one address may have checked a minute without an account."
    )
    verify_discloses: Literal["file", "made-here", "asset"] = Field(
        "made-here",
        description="What the public page tells people without an account: `file` (what the file says itself), `made-here` (and "
        "whether this desk made it, and how) or `asset` (and which one it is, by its id).",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses or networks of proxies, separated by commas, whose `X-Forwarded-For` and `-Proto` are believed.",
    )
    provider: str = Field(
        "", description="Who puts this system into service under their name; for a person to decide. Shown in compliance reports."
    )
    deployer: str = Field("", description="Who uses its results and answers for publishing them; for a person to decide.")
    notice: str = Field("", description="The notice that people are given about AI pictures, as compliance reports show it.")
    other_words: bool = Field(
        True, description="Whether a search for a word that no picture has looks for other words for the same thing, and says so."
    )
    llm_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Chat completions of a language model of your own, such as `http://127.0.0.1:11434/v1`: it puts questions "
        "that Slate does not understand into Slate's words. It is sent the question and nothing else. Empty: none.",
    )
    llm_model: str = Field("", description="The name of that model, as its server calls it.")
    llm_key: str = Field("", repr=False, description="The key that its server wants, if any.")
    llm_seconds: float = Field(5.0, ge=0.5, le=60, description="How long it may take; then the answer comes without it.")
    newcomer_role: str = Field("artist", description="Role of people who join the room; the very first one becomes admin.")
    reactions: str = Field(
        "✅=approve,❌=reject,🔁=reroll,⭐=tag pick,🏷️=tag select",
        description="Which emoji stands for which command, separated by commas.",
    )
    slack_bot_token: str = Field("", repr=False, description="Slack's bot token, `xoxb-…`, when Slate serves one workspace.")
    slack_app_token: str = Field("", repr=False, description="Slack's app token, `xapp-…`: `slate slack` listens by Socket Mode.")
    slack_signing_secret: str = Field(
        "", repr=False, description="Slack's signing secret: the web process takes Slack's signed requests."
    )
    slack_client_id: str = Field("", description="Slack's client id, to install Slate in more than one workspace.")
    slack_client_secret: str = Field("", repr=False, description="Slack's client secret, for the same.")
    slack_api_url: str = Field("https://slack.com/api/", description="Where Slack's Web API is; a proxy may stand in.")
    discord_token: str = Field("", repr=False, description="Discord's bot token: `slate discord` serves it.")
    discord_guilds: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Discord servers that get the commands at once, by id, separated by commas. Empty: everywhere."
    )
    discord_api_url: str = Field("https://discord.com/api/v10", description="Where Discord's API is; a proxy may stand in.")
    log_level: str = Field("INFO", description="How much is logged: DEBUG, INFO, WARNING or ERROR.")
    log_json: bool = Field(False, description="Whether logs are JSON lines.")

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < SHORTEST_SECRET:
            raise ValueError(f"it has fewer than {SHORTEST_SECRET} characters; `openssl rand -base64 32` makes a good one")
        return value

    @field_validator(
        "comfyui_urls",
        "models_paths",
        "default_models",
        "discord_guilds",
        "trust_anchors",
        "trusted_proxies",
        "openid_domains",
        "delivery_networks",
        "delivery_folders",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{quote(str(self.data.absolute() / 'slate.db'))}"

    @property
    def redis_socket(self) -> Path:
        """Where the embedded Valkey listens: a socket's path has at most 100 bytes, so a long one is in the temporary folder."""
        inside = self.data.absolute() / "redis" / "valkey.sock"
        if len(str(inside).encode()) < 100:
            return inside
        short = hashlib.sha256(str(inside).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"slate-{os.getuid()}-{short}.sock"

    @property
    def redis(self) -> str:
        return self.redis_url or f"unix://{quote(str(self.redis_socket))}"

    @property
    def blobs(self) -> str:
        return self.blobs_url or f"file://{quote(str(self.data.absolute() / 'blobs'))}"

    @property
    def keys(self) -> Path:
        """Where the development authority and its keys are."""
        return self.data.absolute() / "keys"

    @property
    def models_by_folder(self) -> dict[str, str]:
        """Model folder -> the file in it that the shipped workflows use.

        >>> Settings(default_models="checkpoints=a=b.safetensors").models_by_folder
        {'checkpoints': 'a=b.safetensors'}
        """
        return {folder.strip(): name.strip() for folder, _, name in (one.partition("=") for one in self.default_models)}

    @property
    def slack(self) -> bool:
        """Whether Slate may be spoken to in Slack: with a token of its own, or installed by workspaces."""
        return bool(self.slack_bot_token or (self.slack_client_id and self.slack_client_secret))

    @property
    def simulated(self) -> bool:
        """Whether the built-in simulated ComfyUI serves."""
        return not self.comfyui_urls

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
