const WINDOW_MS = 60_000;

const headline = ({ channel, body }) => (channel === "teams" ? body?.summary : body?.text);

/** Whether a message may join a moment: by the name that a gallery gave both, else told within a minute. */
function belongs(message, moment) {
  if (moment.by[message.channel]) return false;
  if (message.name || moment.name) return message.name === moment.name;
  return Math.abs(Date.parse(moment.at) - Date.parse(message.at)) <= WINDOW_MS;
}

/**
 * Puts what was said at the same moment on several channels together, in the order received.
 * A message joins the first moment within a minute which has none of its channel, by preference one of the same headline.
 */
export function moments(messages) {
  const found = [];
  for (const message of [...messages].sort((a, b) => a.n - b.n)) {
    const free = found.filter((moment) => belongs(message, moment));
    const same = free.find((moment) => moment.headlines.includes(headline(message)));
    const moment = same ?? free[0] ?? { at: message.at, name: message.name, by: {}, headlines: [] };
    if (moment !== same && moment !== free[0]) found.push(moment);
    moment.by[message.channel] = message;
    moment.headlines.push(headline(message));
  }
  return found;
}
