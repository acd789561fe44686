// The tech check at the door: camera, microphone, speaker, connection. It sends nothing but how each part did, with the form;
// no name of a device, no sound, no picture leaves this page.
import { onPress, setText, show, slot } from "./dom.js";

const TONE = 660;
const TONE_SECONDS = 0.8;
const HEARD = 0.05;
const SLOW = 600;
const TRIPS = 3;
const SOCKET_PATIENCE = 8_000;
const DOOR_NEEDED = 4428;

const page = /** @type {HTMLElement} */ (document.querySelector("[data-at-door]"));
/** @type {MediaStream | null} */
let stream = null;
/** @type {AudioContext | null} */
let sound = null;

/** @typedef {"ok" | "problem" | "skipped"} Result */

/** One part's result: its mark, its words, and what the form will say. @param {string} part @param {Result} result @param {string} words */
function tell(part, result, words) {
  const row = page.querySelector(`[data-part="${part}"]`);
  for (const mark of row?.querySelectorAll("[data-mark]") ?? []) show(mark, /** @type {HTMLElement} */ (mark).dataset.mark === result);
  setText(slot(page, `${part}-words`), words);
  fill(part, result);
}

/** @param {string} name @param {string} value */
function fill(name, value) {
  const field = page.querySelector(`input[name="${name}"]`);
  if (field instanceof HTMLInputElement) field.value = value;
}

/** The rate at which a microphone moves the bar: the loudest sample of the moment, 0 to 1. @param {Uint8Array} samples */
export function loudness(samples) {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample - 128) / 128), 0);
}

/** @param {number[]} trips milliseconds @returns {number} the one in the middle */
export function typical(trips) {
  return [...trips].sort((a, b) => a - b)[Math.floor(trips.length / 2)];
}

async function tryAll() {
  for (const part of ["camera", "microphone", "speaker", "connection"]) setText(slot(page, `${part}-words`), "trying");
  show(slot(page, "trial"), true);
  await Promise.all([tryFaceAndVoice(), tryConnection()]);
  await playTone();
}

/** Asks for both at once; a device without a camera is asked for its microphone alone. */
async function tryFaceAndVoice() {
  stopMedia();
  const devices = navigator.mediaDevices;
  /** @param {MediaStreamConstraints} wanted */
  const ask = (wanted) => (devices ? devices.getUserMedia(wanted).catch(() => null) : Promise.resolve(null));
  stream = (await ask({ audio: true, video: true })) ?? (await ask({ audio: true })) ?? (await ask({ video: true }));
  showFace();
  listen();
}

function showFace() {
  const [camera] = stream?.getVideoTracks() ?? [];
  const face = /** @type {HTMLVideoElement} */ (slot(page, "face"));
  show(face.parentElement, Boolean(camera));
  if (!camera) return tell("camera", "problem", "No picture. You can join with sound only.");
  face.srcObject = stream;
  return tell("camera", "ok", "works");
}

/** The bar moves with the voice; heard once, the microphone works. */
function listen() {
  const [microphone] = stream?.getAudioTracks() ?? [];
  if (!microphone || !stream) return tell("microphone", "problem", "No sound. Allow the microphone, then try again.");
  const context = listening();
  const meter = context.createAnalyser();
  const samples = new Uint8Array(meter.fftSize);
  context.createMediaStreamSource(stream).connect(meter);
  tell("microphone", "problem", "Nothing heard yet. Say something.");
  const bar = /** @type {HTMLMeterElement} */ (slot(page, "level"));
  let heard = false;
  const look = () => {
    if (microphone.readyState !== "live") return;
    meter.getByteTimeDomainData(samples);
    bar.value = loudness(samples);
    if (bar.value > HEARD && !heard) {
      heard = true;
      tell("microphone", "ok", "works");
    }
    requestAnimationFrame(look);
  };
  return look();
}

/** @returns {AudioContext} */
function listening() {
  sound ??= new AudioContext();
  sound.resume().catch(() => {});
  return sound;
}

async function playTone() {
  const context = listening();
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = TONE;
  volume.gain.value = 0.2;
  tone.connect(volume).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + TONE_SECONDS);
  setText(slot(page, "speaker-words"), "Did you hear the tone?");
  show(slot(page, "heard"), true);
}

/**
 * Whether a live socket passes at all: some networks let pages through and sockets not. Before the door is passed, the room says
 * so and closes; that answer is the proof. Afterwards the socket would be the room itself, so it is left alone.
 * @returns {Promise<boolean>}
 */
function socketPasses() {
  if (!page.dataset.socket) return Promise.resolve(true);
  return new Promise((done) => {
    const socket = new WebSocket(new URL(page.dataset.socket ?? "", location.origin.replace(/^http/, "ws")));
    const late = setTimeout(() => { socket.close(); done(false); }, SOCKET_PATIENCE);
    socket.onclose = (event) => { clearTimeout(late); done(event.code === DOOR_NEEDED); };
  });
}

/** How long the server takes to answer, three times; the one in the middle counts. Then whether a socket passes. */
async function tryConnection() {
  const trips = [];
  for (let trip = 0; trip < TRIPS; trip += 1) {
    const began = performance.now();
    const answer = await fetch(page.dataset.probe ?? "", { method: "HEAD", headers: { "X-Background": "1" }, cache: "no-store" }).catch(() => null);
    if (!answer) return tell("connection", "problem", "No connection right now.");
    trips.push(performance.now() - began);
  }
  const middle = Math.round(typical(trips));
  fill("round_trip_ms", String(middle));
  if (!(await socketPasses())) return tell("connection", "problem", "This network blocks the room. Try another one.");
  return middle > SLOW ? tell("connection", "problem", "Slow. Sound only will work better.") : tell("connection", "ok", "works");
}

function stopMedia() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
}

onPress(page, "check", () => tryAll());
onPress(page, "tone", () => playTone());
onPress(page, "heard", () => { tell("speaker", "ok", "works"); show(slot(page, "heard"), false); });
onPress(page, "not-heard", () => tell("speaker", "problem", "Turn the volume up, or use headphones."));
show(page.querySelector("[data-act=check]"), true);
addEventListener("pagehide", stopMedia);
