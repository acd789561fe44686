// The tiles of the people in the room and the controls of one's own sound and picture. Drawn from the view and from `Media`.
import { Captions } from "./captions.js";
import { fromTemplate, keep, onPress, setText, show, slot } from "./dom.js";
import { blur, canBlur, choose, chosen, devices } from "./media_devices.js";
import { putName } from "./faces.js";
import { onStage } from "./media_rules.js";
import { at, clock, now } from "./times.js";

/** @typedef {import("../room_view.js").View} View @typedef {import("../room_view.js").Occupant} Occupant @typedef {import("./media.js").Media} Media @typedef {import("./media_rules.js").Source} Source */

const LAYOUT = "vio-layout";
/** @type {Record<string, [string, string]>} what stands on a button: when off, when on */
const LABELS = { mic: ["Mic off", "Mic on"], camera: ["Camera off", "Camera on"], screen: ["Share your screen", "Stop sharing"] };
const FROZEN_AFTER = 4_000;
/** Pixels of a page from which on a small picture (320 wide) would look coarse. */
const LARGE = 260;

export class Tiles {
  /** @param {HTMLElement} root @param {Media} media @param {(person: Occupant, hand: number) => string} noteOf what stands under a name */
  constructor(root, media, noteOf) {
    this.root = root;
    this.media = media;
    this.noteOf = noteOf;
    this.captions = new Captions(root, media);
    this.speakerView = sessionStorage.getItem(LAYOUT) === "speaker";
    /** @type {View | null} */
    this.view = null;
    /** @type {Map<HTMLVideoElement, {frames: number, at: number}>} */
    this.moving = new Map();
    this.listen();
    setInterval(() => this.tick(), 1_000);
  }

  listen() {
    const { root, media } = this;
    for (const source of /** @type {Source[]} */ (["mic", "camera", "screen"])) onPress(root, source, () => media.press(source));
    onPress(root, "both", async () => { media.onlySound(false); await media.turn("mic", true); if (!media.problem) await media.turn("camera", true); });
    onPress(root, "only-mic", () => { media.onlySound(true); media.turn("mic", true); });
    onPress(root, "listen", () => { media.unblock(); media.remember(); media.changed(); });
    onPress(root, "sound", () => media.unblock());
    onPress(root, "use-here", () => media.here());
    onPress(root, "only-sound", () => media.onlySound(!media.soundOnly));
    onPress(root, "mend-sound-only", () => media.onlySound(true));
    onPress(root, "layout", () => {
      this.speakerView = !this.speakerView;
      sessionStorage.setItem(LAYOUT, this.speakerView ? "speaker" : "grid");
      if (this.view) this.draw(this.view);
    });
    onPress(root, "blur", async () => {
      const button = root.querySelector("[data-act=blur]");
      const on = button?.getAttribute("aria-pressed") !== "true";
      if (media.own.camera) await blur(media.own.camera, on).then(() => button?.setAttribute("aria-pressed", String(on)), () => {});
    });
    onPress(root, "media-settings", () => this.listDevices());
    for (const select of root.querySelectorAll("select[data-device]")) select.addEventListener("change", () => this.changeDevice(/** @type {HTMLSelectElement} */ (select)));
  }

  // --- tiles ----------------------------------------------------------------------------------------------------------

  /** @param {View} view */
  draw(view) {
    this.view = view;
    const { room, me } = view;
    const here = Object.values(room.people).filter((person) => person.place === "in").sort(byRank);
    const stage = this.stage(view, here);
    keep(slot(this.root, "seats"), here, (person) => person.id, () => fromTemplate("t-tile"), (tile, person) => {
      putName(tile, person.name);
      if (person.id === me.person) setText(slot(tile, "name"), "You");
      this.drawMarks(tile, person, view);
      tile.classList.toggle("is-stage", person.id === stage);
      this.drawPicture(tile, person.id, me.person);
    });
    this.drawControls(view);
    this.captions.draw(view);
  }

  /** @param {View} view @param {Occupant[]} here */
  stage({ me, room }, here) {
    const others = here.filter(({ id }) => id !== me.person).map((person) => {
      const flags = this.media.others.get(person.id)?.flags;
      return { id: person.id, hosts: person.role !== "client", screen: flags?.screen === true && this.media.mayShow(person.id, "screen"), spokeAt: flags?.spokeAt ?? 0 };
    });
    const stage = onStage(others, this.speakerView);
    const sharing = others.find(({ id }) => id === stage)?.screen === true;
    return sharing || room.spotlight === null ? stage : room.spotlight;
  }

  /** @param {HTMLElement} tile @param {Occupant} person @param {View} view */
  drawMarks(tile, person, { room, me }) {
    const mine = person.id === me.person;
    const flags = mine ? { ...this.media.flags(), speaking: this.media.speaking } : this.media.others.get(person.id)?.flags;
    const muted = room.muted.includes(person.id);
    const hand = room.hands.indexOf(person.id);
    const open = flags?.mic === true && !muted && person.connected;
    const lit = room.spotlight === person.id;
    setText(slot(tile, "note"), lit && person.connected ? "In view for all" : this.noteOf(person, hand));
    tile.classList.toggle("is-lit", lit);
    show(slot(tile, "hand"), hand >= 0);
    show(slot(tile, "mic-off"), !open);
    setText(slot(tile, "mic-words"), open ? "" : muted ? "Muted" : "Mic off");
    tile.classList.toggle("is-speaking", open && flags?.speaking === true);
    tile.classList.toggle("is-away", !person.connected);
  }

  /** @param {HTMLElement} tile @param {string} person @param {string} me */
  drawPicture(tile, person, me) {
    const video = /** @type {HTMLVideoElement} */ (tile.querySelector("video"));
    const track = person === me ? this.ownPicture() : this.picture(person);
    const before = /** @type {MediaStream | null} */ (video.srcObject)?.getVideoTracks()[0] ?? null;
    if (before !== track) {
      video.srcObject = track ? new MediaStream([track]) : null;
      this.moving.delete(video);
      if (track) video.play().catch(() => {});
    }
    const mirrored = person === me && track === this.media.own.camera;
    tile.classList.toggle("is-own", mirrored);
    tile.classList.toggle("is-screen", track !== null && (person === me ? track === this.media.own.screen : this.media.others.get(person)?.flags.screen === true));
    tile.classList.toggle("has-picture", track !== null && (person === me || this.moves(video)));
  }

  ownPicture() {
    return this.media.own.screen ?? this.media.own.camera;
  }

  /** What is to be seen of somebody: their screen, else their camera when it is one of those on the air. @param {string} person */
  picture(person) {
    const other = this.media.others.get(person);
    if (!other || this.media.state !== "on") return null;
    if (other.flags.screen && this.media.mayShow(person, "screen")) return other.tracks.screen ?? null;
    const shown = other.flags.camera && !this.media.soundOnly && this.media.shown.has(person) && this.media.mayShow(person, "camera");
    return shown ? other.tracks.camera ?? null : null;
  }

  /** Whether pictures keep coming: a frozen face says less than a name. @param {HTMLVideoElement} video */
  moves(video) {
    const frames = video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
    const known = this.moving.get(video);
    if (!known || frames !== known.frames) this.moving.set(video, { frames, at: Date.now() });
    return frames > 0 && Date.now() - (this.moving.get(video)?.at ?? 0) < FROZEN_AFTER;
  }

  /** Once a second: faces that froze, how long somebody has been away, and whose picture has a large place. */
  tick() {
    if (!this.view) return;
    const { room, me } = this.view;
    const large = new Set();
    for (const tile of /** @type {HTMLElement[]} */ ([...(slot(this.root, "seats")?.children ?? [])])) {
      const id = tile.dataset.key ?? "";
      const person = room.people[id];
      if (!person) continue;
      if (tile.clientWidth > LARGE) large.add(id);
      this.drawPicture(tile, id, me.person);
      const lost = at(person.lost_at);
      if (!person.connected && !Number.isNaN(lost)) setText(slot(tile, "note"), `Reconnecting ${clock(now() - lost)}`);
    }
    this.media.enlarge(large);
  }

  // --- controls -------------------------------------------------------------------------------------------------------

  /** @param {View} view */
  drawControls({ room, me }) {
    const { root, media } = this;
    const on = media.state === "on";
    const muted = room.muted.includes(me.person);
    for (const source of /** @type {Source[]} */ (["mic", "camera", "screen"])) {
      const live = media.own[source] !== null && !(source === "mic" && muted);
      for (const button of root.querySelectorAll(`[data-act=${source}]`)) {
        show(button, on && media.may(source) && (source !== "screen" || "getDisplayMedia" in (navigator.mediaDevices ?? {})));
        button.setAttribute("aria-pressed", String(live));
        setText(slot(button, "label"), source === "mic" && muted ? "Muted" : LABELS[source][Number(live)]);
        for (const icon of button.querySelectorAll("[data-icon]")) /** @type {SVGElement} */ (icon).toggleAttribute("hidden", (/** @type {SVGElement} */ (icon).dataset.icon === "on") !== live);
      }
    }
    for (const button of root.querySelectorAll("[data-act=only-sound]")) button.setAttribute("aria-pressed", String(media.soundOnly));
    for (const button of root.querySelectorAll("[data-act=layout]")) {
      button.setAttribute("aria-pressed", String(this.speakerView));
      show(button, on);
    }
    for (const button of root.querySelectorAll("[data-act=media-settings]")) show(button, on);
    show(root.querySelector("[data-act=blur]"), canBlur(media.own.camera));
    this.drawWords(on, muted);
  }

  /** @param {boolean} on @param {boolean} muted */
  drawWords(on, muted) {
    const { root, media } = this;
    const waits = media.own.camera !== null && media.sending === null && on;
    const weak = media.weak && media.own.camera !== null && on;
    const words = media.problem || (weak ? "Your connection is weak. Your picture waits, so that people can hear you." : "") || (muted && media.own.mic ? "Your facilitator muted you. Press the microphone when you want to speak." : waits ? `Your camera waits: ${media.grant?.most_cameras} are shown at a time. It comes on when you speak.` : "");
    show(slot(root, "media-invite"), on && !media.asked && media.may("mic"));
    show(slot(root, "media-blocked"), on && media.blocked);
    show(slot(root, "media-mending"), media.mending && media.line.state === "live");
    show(slot(root, "media-none"), media.state === "unavailable" && !media.mending);
    show(slot(root, "media-elsewhere"), media.state === "elsewhere");
    setText(slot(root, "media-problem"), words);
    show(slot(root, "media-problem"), words !== "");
  }

  async listDevices() {
    const found = await devices();
    for (const select of /** @type {NodeListOf<HTMLSelectElement>} */ (this.root.querySelectorAll("select[data-device]"))) {
      const kind = select.dataset.device ?? "";
      const options = found[kind].map((device, n) => new Option(device.label || `Device ${n + 1}`, device.deviceId, false, device.deviceId === chosen()[kind]));
      select.replaceChildren(...options);
      show(select.closest(".field"), options.length > 0);
    }
  }

  /** @param {HTMLSelectElement} select */
  async changeDevice(select) {
    const kind = select.dataset.device ?? "";
    choose(kind, select.value);
    if (kind === "speaker") this.media.speaker(select.value);
    else if (this.media.own[/** @type {Source} */ (kind)]) {
      this.media.stop(/** @type {Source} */ (kind), "");
      await this.media.turn(/** @type {Source} */ (kind), true);
    }
  }
}

/** Staff first, then by name: nobody changes place because a phone lost its network. @param {Occupant} a @param {Occupant} b */
export function byRank(a, b) {
  return Number(a.role === "client") - Number(b.role === "client") || a.name.localeCompare(b.name) || a.id.localeCompare(b.id);
}
