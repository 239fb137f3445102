/** Says which elements are wider inside than outside: text that is cut off or sticks out. */
export function overflow() {
  const wide = [...document.querySelectorAll("body, body *")].filter(isTooWide);
  return wide.filter((node) => !wide.some((other) => other !== node && node.contains(other))).map(describe);
}

function isTooWide(node) {
  if (!(node instanceof HTMLElement) || !node.clientWidth) return false;
  const scrolls = ["auto", "scroll"].includes(getComputedStyle(node).overflowX); // made to be scrolled
  return !scrolls && node.scrollWidth > node.clientWidth + 1;
}

function describe(node) {
  const name = [node.localName, ...node.classList].join(".");
  return `${name} "${node.textContent.trim().slice(0, 60)}" ${node.scrollWidth} > ${node.clientWidth}`;
}
