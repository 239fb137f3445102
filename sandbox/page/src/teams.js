import * as AdaptiveCards from "adaptivecards";
import MarkdownIt from "markdown-it";
import { broken, clock, el } from "./dom.js";
import { hostConfig } from "./hostconfig.js";
import { defuse, isHttps } from "./safe.js";

// Teams reads bold, italic, lists and links in a card's text and nothing else.
const markdown = new MarkdownIt("zero").enable(["emphasis", "link", "list", "escape", "entity"]);
markdown.validateLink = isHttps;

AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdown.render(text);
  result.didProcess = true;
};

// The package registers Table on import, which a bundler takes for unused.
AdaptiveCards.GlobalRegistry.defaultElements.register("Table", AdaptiveCards.Table, AdaptiveCards.Versions.v1_5);

// Chart.* and other Teams extensions are unknown to the renderer, so their `fallback` is drawn.
function drawCard(content, theme) {
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = new AdaptiveCards.HostConfig(hostConfig(theme));
  card.onExecuteAction = (action) => {
    if (action instanceof AdaptiveCards.OpenUrlAction && isHttps(action.url)) {
      window.open(action.url, "_blank", "noopener,noreferrer");
    }
  };
  card.parse(disarm(content));
  return defuse(card.render() ?? broken("the card is empty"));
}

const harmless = (action) =>
  ["Action.ShowCard", "Action.ToggleVisibility"].includes(action.type) ||
  (action.type === "Action.OpenUrl" && isHttps(action.url));

/** A copy of the card in which an action that must not run is switched off. */
function disarm(value) {
  if (Array.isArray(value)) return value.map(disarm);
  if (value === null || typeof value !== "object") return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, disarm(inner)]));
  if (String(copy.type).startsWith("Action.") && !harmless(copy)) {
    copy.isEnabled = false;
    delete copy.url;
  }
  return copy;
}

function drawAttachment(attachment, theme) {
  try {
    return drawCard(attachment.content, theme);
  } catch (error) {
    return broken(error);
  }
}

export function drawTeams({ at, body }, theme) {
  const cards = (body?.attachments ?? []).map((attachment) =>
    el("div", { class: "teams-card" }, drawAttachment(attachment, theme)));
  return el("div", { class: "chat teams-chat" },
    el("span", { class: "avatar", "aria-hidden": "true" }, "⚙️"),
    el("div", { class: "said" },
      el("p", { class: "who" }, "Workflows ", el("time", {}, clock(at))),
      ...(cards.length ? cards : [broken("there is no card in it")])));
}
