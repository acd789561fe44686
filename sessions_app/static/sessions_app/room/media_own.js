// One's own microphone, camera and screen: switched on and off by the person, stopped by staff, brought back after a reload.
import { announce } from "../../common/js/live.js";
import { Ear, open, wordsFor } from "./media_devices.js";
import { keepWishes, wishes } from "./media_other.js";

/** @typedef {import("../room_view.js").View} View @typedef {import("./media_rules.js").Source} Source @typedef {import("./media.js").Grant} Grant @typedef {import("./media.js").Transport} Transport */

export class Own {
  /** @param {import("./link.js").Line} line @param {() => void} changed draw again @param {boolean} soundOnly what was chosen at the door */
  constructor(line, changed, soundOnly) {
    this.line = line;
    this.changed = changed;
    this.call = "";
    /** @type {"out" | "asking" | "on" | "unavailable" | "elsewhere"} */
    this.state = "out";
    /** @type {Grant | null} */
    this.grant = null;
    /** @type {Transport | null} */
    this.transport = null;
    /** @type {View | null} */
    this.view = null;
    this.over = false;
    /** @type {Record<Source, MediaStreamTrack | null>} */
    this.own = { mic: null, camera: null, screen: null };
    this.spokeAt = 0;
    this.speaking = false;
    this.soundOnly = wishes().soundOnly ?? soundOnly;
    this.asked = wishes().asked === true;
    this.problem = "";
    this.words = { wants_captions: false, captions: false }; // what captions.js says of this window
    this.ear = new Ear((speaking) => this.spoke(speaking));
  }

  // What the whole does with it.
  /** @param {Source} _source @returns {boolean} */
  may(_source) { return false; }
  /** @param {View} _view */
  obey(_view) {}
  choose() {}
  tell() {}
  unblock() {}

  // --- one's own devices ----------------------------------------------------------------------------------------------

  /** The button of one source: on, off, or speaking again after staff muted. @param {Source} source */
  press(source) {
    const muted = this.view?.room.muted.includes(this.view.me.person);
    return source === "mic" && muted && this.own.mic ? this.lift(source) : this.turn(source, this.own[source] === null);
  }

  /** Switches one source on or off, as the person pressed. @param {Source} source @param {boolean} on */
  async turn(source, on) {
    this.problem = "";
    this.unblock();
    if (!on) return this.stop(source, "");
    await this.lift(source);
    try {
      await this.begin(source);
    } catch (trouble) {
      if (source !== "screen" || /** @type {Error} */ (trouble).name !== "NotAllowedError") this.problem = wordsFor(trouble);
    }
    this.remember();
    this.changed();
  }

  /** Whoever was muted or stopped by staff lifts it by switching on again. @param {Source} source */
  async lift(source) {
    const { room, me } = /** @type {View} */ (this.view);
    if (source === "mic" && room.muted.includes(me.person)) await this.line.act("client.unmute");
    if (source === "camera" && room.cameras_stopped.includes(me.person)) await this.line.act("client.camera_on");
  }

  /** @param {Source} source */
  async begin(source) {
    if (this.state !== "on" || !this.may(source) || this.own[source]) return;
    const call = this.call;
    const track = await open(source, { large: this.grant?.kind !== "mesh" });
    if (this.call !== call || this.state !== "on") return track.stop();
    this.own[source] = track;
    track.onended = () => this.stop(source, source === "screen" ? "" : "A device was unplugged.");
    if (source === "mic") this.ear.listen(track);
    if (this.view) this.obey(this.view);
    if (source !== "camera") this.transport?.put(source, track);
    this.tell();
  }

  /** @param {Source} source @param {string} why said aloud when it was not the person's own doing */
  stop(source, why) {
    const track = this.own[source];
    if (!track) return;
    this.own[source] = null;
    track.onended = null;
    track.stop();
    if (source === "mic") this.ear.stop();
    this.transport?.put(source, null);
    if (why) announce(why);
    this.problem = why;
    this.remember();
    this.choose();
    this.tell();
    this.changed();
  }

  /** Sound alone, for a weak line or a private evening: no picture is sent, and none is asked for. @param {boolean} on */
  onlySound(on) {
    this.soundOnly = on;
    if (on) this.stop("camera", "");
    this.transport?.ask(!on);
    this.remember();
    this.tell();
    this.changed();
  }

  /** @param {boolean} speaking */
  spoke(speaking) {
    this.speaking = speaking;
    if (speaking) this.spokeAt = Date.now();
    if (this.state !== "on") return;
    this.choose();
    this.tell();
    this.changed();
  }

  // --- what was on before a page was loaded anew ----------------------------------------------------------------------

  remember() {
    this.asked = true;
    keepWishes({ ...wishes(), asked: true, mic: this.own.mic !== null, camera: this.own.camera !== null, soundOnly: this.soundOnly });
  }

  /** After a page was loaded anew, what the person had switched on comes back. */
  async resume() {
    const { mic, camera } = wishes();
    if (mic) await this.begin("mic").catch(() => {});
    if (camera && !this.soundOnly) await this.begin("camera").catch(() => {});
    this.changed();
  }
}
