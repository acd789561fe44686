// One's own words, written down by this device and by nothing else: the sound of a group leaves for no recogniser.
//
// Browsers that can only recognise speech by sending it to their maker are not asked; they count as unable.

const AGAIN_AFTER = 400;
const MOST_LETTERS = 1_000;
/** Milliseconds between two tellings of a line that still changes; a final one is told at once. */
const TELL_EVERY = 400;
/** Ends in a row right after the beginning, after which this device is left in peace. */
const TRIES = 5;
const AT_ONCE = 3_000;

/**
 * @typedef {{text: string, final: boolean}} Words
 * @typedef {{resultIndex: number, results: ArrayLike<ArrayLike<{transcript: string}> & {isFinal: boolean}>}} Result
 * @typedef {object} Recogniser
 * @property {boolean} continuous @property {boolean} interimResults @property {boolean} processLocally @property {string} lang
 * @property {(track: MediaStreamTrack) => void} start @property {() => void} abort
 * @property {((event: Result) => void) | null} onresult @property {(() => void) | null} onend @property {((event: {error: string}) => void) | null} onerror
 * @typedef {{new (): Recogniser, prototype: Recogniser, available?: (wanted: Wanted) => Promise<string>, install?: (wanted: Wanted) => Promise<boolean>}} Maker
 * @typedef {{langs: string[], processLocally: true}} Wanted
 */

/** Recognisers of speech in this browser. @returns {Maker | null} those that can be told to stay on the device */
function maker() {
  const page = /** @type {{SpeechRecognition?: Maker, webkitSpeechRecognition?: Maker}} */ (/** @type {unknown} */ (globalThis));
  const found = page.SpeechRecognition ?? page.webkitSpeechRecognition;
  return found?.available && "processLocally" in found.prototype ? found : null;
}

/** @param {string} lang @returns {Wanted} */
const locally = (lang) => ({ langs: [lang], processLocally: true });

/** The kinds of the page's language that may be spoken here: recognisers know no language without its country. @returns {string[]} */
function spoken() {
  const own = document.documentElement.lang.split("-")[0] || "en";
  return [...new Set([...navigator.languages.filter((lang) => lang.startsWith(`${own}-`)), ...(own === "en" ? ["en-US"] : [])])];
}

/** @typedef {{can: "yes" | "fetch" | "no", lang: string}} Ability whether this device can write speech down by itself: yes, once it has fetched the language, or not */

/** @returns {Promise<Ability>} */
export async function ability() {
  /** @type {Ability} */
  let best = { can: "no", lang: "" };
  for (const lang of spoken()) {
    const found = await maker()?.available?.(locally(lang)).catch(() => "");
    if (found === "available") return { can: "yes", lang };
    if (best.can === "no" && (found === "downloadable" || found === "downloading")) best = { can: "fetch", lang };
  }
  return best;
}

/** Fetches the language; the sound stays here. @param {string} lang @returns {Promise<boolean>} whether it is there now */
export async function fetchLanguage(lang) {
  return (await maker()?.install?.(locally(lang)).catch(() => false)) === true;
}

/** Writes down what one microphone hears, as long as it is to. */
export class Scribe {
  /** @param {(line: number, words: Words) => void} said @param {() => void} unable it does not work here after all */
  constructor(said, unable) {
    this.lang = "";
    this.said = said;
    this.unable = unable;
    /** @type {MediaStreamTrack | null} */
    this.track = null;
    /** @type {Recogniser | null} */
    this.recogniser = null;
    this.first = 0; // the number of the first line of the recogniser at work
    this.next = 0;
    this.tries = 0;
    this.begunAt = 0;
    /** @type {Map<number, ReturnType<typeof setTimeout>>} */
    this.waiting = new Map();
    /** @type {Map<number, Words>} */
    this.latest = new Map();
  }

  /** Listens to this track, or to nothing. @param {MediaStreamTrack | null} track */
  listen(track) {
    if (this.track === track) return;
    this.track = track;
    this.tries = 0;
    this.end();
    if (track) this.begin();
  }

  begin() {
    const Maker = maker();
    if (!Maker || !this.track || this.recogniser) return;
    const recogniser = new Maker();
    Object.assign(recogniser, { continuous: true, interimResults: true, processLocally: true, lang: this.lang });
    this.first = this.next;
    recogniser.onresult = (event) => { if (this.recogniser === recogniser) this.heard(event); };
    recogniser.onend = () => { if (this.recogniser === recogniser) this.ended(); };
    recogniser.onerror = ({ error }) => { if (error === "language-not-supported" || error === "service-not-allowed") this.unable(); };
    this.recogniser = recogniser;
    this.begunAt = performance.now();
    try {
      recogniser.start(this.track);
    } catch {
      this.ended();
    }
  }

  /** Nothing more is written down; what was not told yet is not told. */
  end() {
    const old = this.recogniser;
    this.recogniser = null;
    for (const timer of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
    this.latest.clear();
    old?.abort();
  }

  /** Recognisers stop by themselves in a silence, and begin again; one that stops right after it began does not work. */
  ended() {
    this.end();
    if (!this.track || this.track.readyState === "ended") return;
    this.tries = performance.now() - this.begunAt > AT_ONCE ? 1 : this.tries + 1;
    if (this.tries > TRIES) return this.unable();
    setTimeout(() => this.begin(), AGAIN_AFTER * this.tries);
  }

  /** @param {Result} event */
  heard({ resultIndex, results }) {
    this.tries = 0;
    for (let n = resultIndex; n < results.length; n += 1) {
      const text = results[n][0].transcript.trim().slice(-MOST_LETTERS);
      const line = this.first + n;
      this.next = Math.max(this.next, line + 1);
      if (text) this.tellSoon(line, { text, final: results[n].isFinal });
    }
  }

  /** @param {number} line @param {Words} words */
  tellSoon(line, words) {
    this.latest.set(line, words);
    if (words.final) {
      clearTimeout(this.waiting.get(line));
      this.tell(line);
    } else if (!this.waiting.has(line)) this.waiting.set(line, setTimeout(() => this.tell(line), TELL_EVERY));
  }

  /** @param {number} line */
  tell(line) {
    const words = this.latest.get(line);
    this.waiting.delete(line);
    this.latest.delete(line);
    if (words) this.said(line, words);
  }
}
