// What is heard and seen of the others: their tracks as they arrive, and the sound that plays.
import { chosen } from "./media_devices.js";
import { Other } from "./media_other.js";
import { Own } from "./media_own.js";

/** @typedef {import("./media_rules.js").Source} Source */

export class Heard extends Own {
  /** @param {import("./link.js").Line} line @param {() => void} changed draw again @param {boolean} soundOnly what was chosen at the door */
  constructor(line, changed, soundOnly) {
    super(line, changed, soundOnly);
    /** @type {Map<string, Other>} */
    this.others = new Map();
    this.blocked = false; // the browser holds sound back until somebody presses something
    /** @type {Set<string>} */
    this.large = new Set();
  }

  /** @param {string} person */
  other(person) {
    let other = this.others.get(person);
    if (!other) this.others.set(person, (other = new Other()));
    return other;
  }

  /** @param {string} person @param {Source} source @param {MediaStreamTrack} track */
  arrived(person, source, track) {
    const other = this.other(person);
    other.tracks[source] = track;
    if (source === "mic") {
      other.sound.srcObject = new MediaStream([track]);
      const speaker = chosen().speaker;
      if (speaker && "setSinkId" in other.sound) other.sound.setSinkId(speaker).catch(() => {});
      this.play(other);
    }
    if (this.view) this.obey(this.view);
    this.changed();
  }

  /** @param {Other} other */
  play(other) {
    other.sound.play().catch((trouble) => {
      if (trouble.name !== "NotAllowedError") return;
      this.blocked = true;
      this.changed();
    });
  }

  /** Somebody pressed: the browser lets sound through now. */
  unblock() {
    this.blocked = false;
    for (const other of this.others.values()) this.play(other);
    this.changed();
  }

  /** @param {string} person */
  lost(person) {
    const other = this.others.get(person);
    if (!other) return;
    other.end();
    other.sound = new Audio();
    other.sound.autoplay = true;
    this.changed();
  }

  /** @param {string} device */
  speaker(device) {
    for (const { sound } of this.others.values()) if ("setSinkId" in sound) sound.setSinkId(device).catch(() => {});
  }

  /** Whose pictures have a large place on this page: a media server sends the others small. @param {Set<string>} people */
  enlarge(people) {
    if (people.size === this.large.size && [...people].every((person) => this.large.has(person))) return;
    this.large = people;
    this.transport?.enlarge(people);
  }
}
