// One other person in picture and sound, and what one had switched on before the page was loaded anew.

/** @typedef {import("./media_rules.js").Source} Source @typedef {import("./media_rules.js").Flags} Flags @typedef {{asked?: boolean, mic?: boolean, camera?: boolean, soundOnly?: boolean, captions?: boolean, wordsHidden?: boolean}} Wishes */

const WISHES = "vio-media";

/** What this tab had switched on. @returns {Wishes} */
export function wishes() {
  try {
    return JSON.parse(sessionStorage.getItem(WISHES) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {Wishes} now */
export function keepWishes(now) {
  sessionStorage.setItem(WISHES, JSON.stringify(now));
}

/** One other person: which window, what they send, and what arrives. */
export class Other {
  constructor() {
    this.call = "";
    /** @type {Flags} */
    this.flags = { mic: false, camera: false, screen: false, speaking: false, wants_video: true, wants_captions: false, captions: false, spokeAt: 0 };
    /** @type {Partial<Record<Source, MediaStreamTrack>>} */
    this.tracks = {};
    this.sound = new Audio();
    this.sound.autoplay = true;
  }

  /** What others say about their window. @param {Record<string, unknown>} has */
  take(has) {
    const now = Date.now();
    const ago = typeof has.spoke_ago === "number" ? now - has.spoke_ago * 1000 : 0;
    const spokeAt = has.speaking ? now : Math.max(this.flags.spokeAt, ago);
    this.flags = { mic: has.mic === true, camera: has.camera === true, screen: has.screen === true, speaking: has.speaking === true, wants_video: has.wants_video !== false, wants_captions: has.wants_captions === true, captions: has.captions === true, spokeAt };
  }

  end() {
    this.sound.pause();
    this.sound.srcObject = null;
    this.tracks = {};
  }
}
