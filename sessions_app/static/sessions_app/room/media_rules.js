// What follows from what is known about picture and sound. Pure: no page, no socket, no device.

/**
 * @typedef {"mic" | "camera" | "screen"} Source
 * @typedef {object} Flags what one window sends and wants to receive
 * @property {boolean} mic
 * @property {boolean} camera
 * @property {boolean} screen
 * @property {boolean} speaking
 * @property {boolean} wants_video
 * @property {boolean} wants_captions
 * @property {boolean} captions
 * @property {number} spokeAt when this person last spoke, in milliseconds of this browser's clock; 0 for never
 *
 * @typedef {{id: string, hosts: boolean, spokeAt: number}} Candidate
 * @typedef {{level: number, calm: number, need?: number, rose?: boolean}} Quality the level (0 best), how many looks in a row were calm,
 *   how many it takes to try a better one, and whether the level was just tried
 */

/** Staff first, then who spoke last, then by id, so that every browser comes to the same choice. @param {Candidate} a @param {Candidate} b */
function byRight(a, b) {
  return Number(b.hosts) - Number(a.hosts) || b.spokeAt - a.spokeAt || a.id.localeCompare(b.id);
}

/**
 * Whose cameras are shown when not all can be.
 * @param {Candidate[]} wanting everybody whose camera is on
 * @param {number} most
 * @returns {Set<string>}
 */
export function chooseCameras(wanting, most) {
  return new Set([...wanting].sort(byRight).slice(0, most).map(({ id }) => id));
}

/** The levels of sending a camera's picture to one peer; the last sends none, so that sound keeps its place. */
export const LEVELS = [
  { bitrate: 250_000, shrink: 1, fps: 15 },
  { bitrate: 120_000, shrink: 2, fps: 12 },
  null,
];
/** What is sent to a media server, by level: the camera large and small, small alone, sound alone. */
export const SENT = ["both", "small", "none"];
/** What is asked of a media server, by level: pictures that fit their place, small ones, shared screens alone, sound alone. */
export const ASKED = ["fit", "small", "screens", "none"];
const LOSSY = 0.08;
const CLEAN = 0.02;
const CALM_BEFORE_BETTER = 4;
const LONGEST_CALM = 32;
const SETTLED = 20;

/**
 * The next level after one look at the line: worse at once when packets are lost, better only after some calm. Who tried better
 * and fell back waits twice as long before the next try, so that a weak line does not stutter.
 * @param {Quality} now @param {number} loss the lost share of packets, 0 to 1 @param {number} [worst] the last level
 * @returns {Quality}
 */
export function nextQuality({ level, calm, need = CALM_BEFORE_BETTER, rose = false }, loss, worst = LEVELS.length - 1) {
  if (loss > LOSSY) return { level: Math.min(level + 1, worst), calm: 0, need: rose ? Math.min(2 * need, LONGEST_CALM) : need, rose: false };
  if (loss > CLEAN) return { level, calm: 0, need, rose };
  if (level > 0 && calm + 1 >= need) return { level: level - 1, calm: 0, need, rose: true };
  const settled = level === 0 && calm + 1 >= SETTLED;
  return { level, calm: calm + 1, need: settled ? CALM_BEFORE_BETTER : need, rose: rose && !settled };
}

/**
 * What is asked of the media server for one picture.
 * @param {string} level one of ASKED @param {Source} source @param {boolean} large whether it is shown large
 * @returns {{send: boolean, substream: number}} `substream` 1 is the large picture, 0 the small one
 */
export function asked(level, source, large) {
  const send = level === "none" ? false : level === "screens" ? source === "screen" : true;
  return { send, substream: level === "fit" && large ? 1 : 0 };
}

/**
 * Who has the large place: a shared screen before anybody, then (in the speaker's view) who spoke last, then staff.
 * @param {{id: string, hosts: boolean, screen: boolean, spokeAt: number}[]} people without oneself
 * @param {boolean} speakerView
 * @returns {string} an id, or "" for nobody
 */
export function onStage(people, speakerView) {
  const sharing = people.filter(({ screen }) => screen).sort(byRight)[0];
  if (sharing) return sharing.id;
  if (!speakerView) return "";
  const spoke = people.filter(({ spokeAt }) => spokeAt > 0).sort((a, b) => b.spokeAt - a.spokeAt)[0];
  return (spoke ?? [...people].sort(byRight)[0])?.id ?? "";
}

const LOUD = 0.015;
const QUIET_AFTER = 1_200;

/**
 * Whether somebody is speaking, from one look at the level: at once when loud, over only after a pause.
 * @param {{speaking: boolean, loudAt: number}} before @param {number} level 0 to 1 @param {number} now milliseconds
 */
export function hearSpeech(before, level, now) {
  const loudAt = level > LOUD ? now : before.loudAt;
  return { speaking: level > LOUD || (before.speaking && now - loudAt < QUIET_AFTER), loudAt };
}
