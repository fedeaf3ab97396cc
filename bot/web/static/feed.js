// The feed: server-sent events, taken up again where they stopped.

export function follow(channel, cursor, { message, channels, closed, line }) {
  let since = cursor;
  let wait = 1000;
  const open = () => {
    const source = new EventSource(`/feed?channel=${encodeURIComponent(channel)}&since=${since}`);
    const told = (name, act) => source.addEventListener(name, (event) => {
      if (event.lastEventId) since = event.lastEventId;
      act(JSON.parse(event.data));
    });
    told("message", message);
    told("channels", channels);
    told("closed", closed);
    source.onopen = () => { wait = 1000; line(true); };
    source.onerror = () => {
      line(false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself, from its last event
      setTimeout(open, wait);
      wait = Math.min(wait * 2, 15_000);
    };
    addEventListener("pagehide", () => source.close(), { once: true });
  };
  open();
}
