// Sentences, durations and times, as the product says them everywhere: the same catalogue, the same rules.

const DATA = JSON.parse(byId("data").textContent);
const WIDE = "\u3000"; // from here on characters are as wide as Japanese ones
const SYMBOLS = { azure: "■", "own-change": "▲", remote: "●", unknown: "◆" };
const SIDES = Object.keys(SYMBOLS);

/** The sentence of that key, filled; Japanese stands apart from Latin letters but not from Japanese. */
function say(key, values = {}) {
  return DATA.words[key].split(/\{(\w+)\}/).reduce((text, part, n) => joined(text, n % 2 ? String(values[part]) : part), "");
}

function joined(left, right) {
  if (left.endsWith(" ") && left.at(-2) >= WIDE && right[0] >= WIDE) return left.slice(0, -1) + right;
  if (right[0] === " " && right[1] >= WIDE && left.at(-1) >= WIDE) return left + right.slice(1);
  return left + right;
}

const count = (key, n) => say(n === 1 ? `${key}.one` : key, { n });
/** As a title begins: languages without capitals are left as they are. */
const titled = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const causeName = (cause) => titled(known(`cause.${cause}`, cause));
const none = () => say(DATA.incidents.length ? "page.none" : DATA.nothing || "list.none");
const known = (key, otherwise) => (DATA.words[key] === undefined ? otherwise : say(key));

/** The two largest units, cut and never rounded up: "1 min 48 s". */
function duration(seconds) {
  let left = Math.floor(seconds);
  if (left < 1) return say("below-a-second");
  const parts = [];
  for (const [key, size] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
    const n = Math.floor(left / size);
    left %= size;
    if (n) parts.push(say(key, { n }));
    if (parts.length === 2 || (parts.length && !n)) break;
  }
  return parts.join(say("unit-gap"));
}

const noTime = () => say("s", { n: 0 });
const timeOf = (seconds) => (seconds > 0 ? duration(seconds) : noTime());

/** [from when, minutes ahead of UTC, letters] of the reader's clock at a time in milliseconds. */
const zoneAt = (ms) => DATA.zone.findLast(([from]) => from <= ms) ?? DATA.zone[0];
const ahead = (ms) => zoneAt(ms)[1] * 60000;
const letters = (ms) => zoneAt(ms)[2];
const zoneName = () => [...new Set(DATA.zone.map((z) => z[2]))].slice(0, 2).join("/");
const isUtc = () => DATA.zone.every(([, minutes]) => minutes === 0);

/** A Date whose UTC fields read as the reader's clock, or as UTC itself. */
const shown = (ms, utc = false) => new Date(utc ? ms : ms + ahead(ms));
const two = (n) => String(n).padStart(2, "0");
const hourMinute = (date) => `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;

function clock(ms, utc = false) {
  const date = shown(ms, utc);
  return `${hourMinute(date)}:${two(date.getUTCSeconds())}`;
}

function day(ms, utc = false, key = "day.short") {
  const date = shown(ms, utc);
  return say(key, {
    weekday: say("weekdays").split(" ")[(date.getUTCDay() + 6) % 7],
    day: date.getUTCDate(),
    month: say("months").split(" ")[date.getUTCMonth()],
    year: date.getUTCFullYear(),
  });
}

/** "Sat 22 Aug 02:13:04" */
const instant = (ms, utc = false) => `${day(ms, utc)} ${clock(ms, utc)}`;

/** "02:13:04 JST (17:13:04 UTC)" */
const bothClocks = (ms) => (isUtc() ? `${clock(ms)} UTC` : `${clock(ms)} ${letters(ms)} (${clock(ms, true)} UTC)`);

/** What stands in a field for date and time -> milliseconds; NaN for an empty one. */
function fromField(text) {
  const wall = Date.parse(`${text}Z`);
  return wall - ahead(wall - ahead(wall));
}
