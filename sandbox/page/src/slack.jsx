import { Component } from "react";
import { createRoot } from "react-dom/client";
import { flushSync } from "react-dom";
import { Message } from "slack-blocks-to-jsx";
import { clock, el } from "./dom.js";
import { defuse, isHttps } from "./safe.js";

const colours = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };

// The renderer takes the ":28:" of 07:28:02 for an emoji; Slack shows an unknown name as it stands.
const emoji = ({ name, ...rest }, draw) => {
  const drawn = draw({ name, ...rest });
  return drawn === name ? `:${name}:` : drawn;
};
const link = ({ href, children, className }) => (
  isHttps(href) ? <a className={className} href={href}>{children}</a> : <span>{children}</span>
);

/** A copy without addresses that are not https, and whose plain_text and raw_text the renderer leaves alone as Slack does. */
function prepared(value) {
  if (Array.isArray(value)) return value.map(prepared);
  if (value === null || typeof value !== "object") return value;
  if (value.type === "plain_text") return { ...value, verbatim: true };
  if (value.type === "raw_text") {
    return { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text: value.text }] }] };
  }
  const kept = Object.entries(value).filter(([key, inner]) => !key.endsWith("url") || isHttps(inner));
  return Object.fromEntries(kept.map(([key, inner]) => [key, prepared(inner)]));
}

const asBlocks = (text) => (text ? [{ type: "section", text: { type: "mrkdwn", text } }] : []);

function Blocks({ blocks, theme }) {
  return <Message blocks={prepared(blocks)} theme={theme} hooks={{ emoji, link }} withoutWrapper logo="" name="" />;
}

function Attachment({ attachment, theme }) {
  const { blocks, color = "", title, text, fallback } = attachment;
  const bar = /^#[0-9a-f]{6}$/i.test(color) ? color : colours[color] ?? "var(--slack-line)";
  const legacy = [title && `*${title}*`, text].filter(Boolean).join("\n") || fallback;
  return (
    <div className="slack-attachment" style={{ borderColor: bar }}>
      <Blocks blocks={blocks ?? asBlocks(legacy)} theme={theme} />
    </div>
  );
}

const isEmpty = (body) => !body?.blocks && !body?.text && !body?.attachments;

function Broken({ reason }) {
  return <p className="broken">This message could not be drawn: {reason}</p>;
}

class Guard extends Component {
  state = { error: null };
  static getDerivedStateFromError = (error) => ({ error });
  render() {
    const { error } = this.state;
    return error ? <Broken reason={error.message} /> : this.props.children;
  }
}

function Body({ body, theme }) {
  return (
    <Guard>
      {isEmpty(body) && <Broken reason="there are no blocks and no text in it" />}
      <Blocks blocks={body?.blocks ?? asBlocks(body?.text)} theme={theme} />
      {(body?.attachments ?? []).map((attachment, index) => <Attachment key={index} attachment={attachment} theme={theme} />)}
    </Guard>
  );
}

export function drawSlack({ at, body }, theme) {
  const place = el("div", { class: "slack-body" });
  flushSync(() => createRoot(place, { onCaughtError() {} }).render(<Body body={body} theme={theme} />));
  return el("div", { class: "chat slack-chat" },
    el("span", { class: "avatar", "aria-hidden": "true" }),
    el("div", { class: "said" },
      el("p", { class: "who" }, el("b", {}, "VPN gateway monitor"), " ", el("span", { class: "app" }, "APP"), " ", el("time", {}, clock(at))),
      defuse(place)));
}
