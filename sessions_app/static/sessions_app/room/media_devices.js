// Microphone, camera and screen of this device: asked for when they are switched on, given back when they are switched off.
import { hearSpeech } from "./media_rules.js";

const LISTEN_EVERY = 150;
const CHOSEN = "vio-devices";

/** @typedef {import("./media_rules.js").Source} Source */

/** @type {Record<string, string>} */
const WORDS = {
  NotAllowedError: "Your browser did not let us use it. Allow it in the address bar, then try again.",
  NotFoundError: "None was found on this device. You can take part without it.",
  NotReadableError: "Another program is using it. Close that program, then try again.",
};

/** Why it did not work, in plain words. @param {unknown} trouble */
export function wordsFor(trouble) {
  return WORDS[/** @type {{name?: string}} */ (trouble).name ?? ""] ?? "It could not be switched on. You can take part without it.";
}

/** The devices chosen on this browser. @returns {Record<string, string>} */
export function chosen() {
  try {
    return JSON.parse(localStorage.getItem(CHOSEN) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {string} kind mic, camera or speaker @param {string} device */
export function choose(kind, device) {
  localStorage.setItem(CHOSEN, JSON.stringify({ ...chosen(), [kind]: device }));
}

/**
 * Opens one source. Raises what the browser raises. A device that was chosen once and is gone is not insisted upon.
 * @param {Source} source @param {{large?: boolean}} [how]
 * @returns {Promise<MediaStreamTrack>}
 */
export async function open(source, { large = false } = {}) {
  if (source === "screen") {
    const shared = await navigator.mediaDevices.getDisplayMedia({ video: { width: { max: 1280 }, height: { max: 720 }, frameRate: { max: 8 } }, audio: false });
    return shared.getVideoTracks()[0];
  }
  const device = chosen()[source] ? { deviceId: { ideal: chosen()[source] } } : {};
  if (source === "mic") {
    const heard = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...device } });
    return heard.getAudioTracks()[0];
  }
  const size = large ? { width: { ideal: 640 }, height: { ideal: 360 } } : { width: { ideal: 320 }, height: { ideal: 240 } };
  const seen = await navigator.mediaDevices.getUserMedia({ video: { ...size, frameRate: { ideal: 15, max: 15 }, facingMode: "user", ...device } });
  return seen.getVideoTracks()[0];
}

/** Whether the browser itself can blur what is behind a person. @param {MediaStreamTrack | null} track */
export function canBlur(track) {
  const can = /** @type {{backgroundBlur?: boolean[]} | undefined} */ (track?.getCapabilities?.());
  return can?.backgroundBlur?.includes(true) === true && can.backgroundBlur.length > 1;
}

/** @param {MediaStreamTrack} track @param {boolean} on */
export function blur(track, on) {
  return track.applyConstraints(/** @type {MediaTrackConstraints} */ ({ backgroundBlur: on }));
}

/** What may be chosen from, by kind. @returns {Promise<Record<string, MediaDeviceInfo[]>>} */
export async function devices() {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  const of = (/** @type {string} */ kind) => all.filter((device) => device.kind === kind && device.deviceId);
  return { mic: of("audioinput"), camera: of("videoinput"), speaker: of("audiooutput") };
}

/** Listens to one's own microphone for whether one is speaking; what is heard stays here. */
export class Ear {
  /** @param {(speaking: boolean) => void} onSpeech */
  constructor(onSpeech) {
    this.onSpeech = onSpeech;
    this.state = { speaking: false, loudAt: 0 };
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
  }

  /** @param {MediaStreamTrack} track */
  listen(track) {
    this.stop();
    this.context = new AudioContext();
    const analyser = this.context.createAnalyser();
    this.context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const wave = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(wave);
      const level = track.enabled ? Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length) : 0;
      this.take(level);
    }, LISTEN_EVERY);
  }

  /** @param {number} level */
  take(level) {
    const before = this.state.speaking;
    this.state = hearSpeech(this.state, level, Date.now());
    if (this.state.speaking !== before) this.onSpeech(this.state.speaking);
  }

  stop() {
    clearInterval(this.timer);
    this.context?.close();
    this.context = null;
    if (this.state.speaking) this.onSpeech(false);
    this.state = { speaking: false, loudAt: 0 };
  }
}
