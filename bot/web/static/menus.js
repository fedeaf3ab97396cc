// Menus by keyboard: arrows go from entry to entry, Home and End to the first and last, Escape closes and gives the focus back.

export function menu(popover) {
  let opener = null;
  popover.addEventListener("beforetoggle", (event) => { if (event.newState === "open") opener = document.activeElement; });
  popover.addEventListener("keydown", (event) => {
    const entries = [...popover.querySelectorAll("[role=menuitem]")];
    const at = entries.indexOf(document.activeElement);
    const last = entries.length - 1;
    const next = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") { popover.hidePopover(); opener?.focus(); event.stopPropagation(); }
    else if (next === undefined) return;
    else entries[next < 0 ? last : next > last ? 0 : next]?.focus();
    event.preventDefault();
  });
}
