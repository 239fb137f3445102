// Received messages are not trusted. Text stays text, and only https links can be followed.

export function isHttps(url) {
  try {
    return new URL(url).protocol === "https:";
  } catch {
    return false;
  }
}

/** Takes every address that is not https out of what a renderer drew. */
export function defuse(root) {
  for (const link of root.querySelectorAll("[href]")) {
    if (isHttps(link.getAttribute("href"))) {
      link.setAttribute("target", "_blank");
      link.setAttribute("rel", "noopener noreferrer");
    } else {
      link.removeAttribute("href");
    }
  }
  for (const node of root.querySelectorAll("iframe, object, embed, form")) node.remove();
  return root;
}
