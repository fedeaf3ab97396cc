// Make one element like another with the fewest changes, so that pictures stay loaded, bars glide and the focus stays where it is.

const AHEAD = 6;
const same = (one, other) => one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "")
  && one.classList?.[0] === other.classList?.[0];

/* The first of the next few siblings that is the same kind of thing as `node`. */
function match(at, node) {
  for (let step = 0; at && step < AHEAD; step += 1, at = at.nextSibling) if (same(at, node)) return at;
  return null;
}

function attributes(old, fresh) {
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
}

function children(old, fresh) {
  let at = old.firstChild;
  for (const node of [...fresh.childNodes]) {
    const there = node.nodeType === Node.ELEMENT_NODE ? match(at, node) : at && same(at, node) ? at : null;
    if (!there) {
      old.insertBefore(node, at);
      continue;
    }
    while (at !== there) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
    at = there.nextSibling;
    morph(there, node);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

export function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.isEqualNode(fresh)) return;
  attributes(old, fresh);
  children(old, fresh);
}

export function element(html) {
  const made = document.createElement("template");
  made.innerHTML = html.trim();
  return made.content.firstElementChild;
}
