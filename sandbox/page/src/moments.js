const WINDOW_MS = 60_000;

const headline = ({ channel, body }) => (channel === "teams" ? body?.summary : body?.text);

/**
 * Puts what was said at the same moment on several channels together, in the order received.
 * A message joins the first moment within a minute which has none of its channel, by preference one of the same headline.
 */
export function moments(messages) {
  const found = [];
  for (const message of [...messages].sort((a, b) => a.n - b.n)) {
    const free = found.filter((moment) => !moment.by[message.channel] && Math.abs(Date.parse(moment.at) - Date.parse(message.at)) <= WINDOW_MS);
    const same = free.find((moment) => moment.headlines.includes(headline(message)));
    const moment = same ?? free[0] ?? { at: message.at, by: {}, headlines: [] };
    if (moment !== same && moment !== free[0]) found.push(moment);
    moment.by[message.channel] = message;
    moment.headlines.push(headline(message));
  }
  return found;
}
