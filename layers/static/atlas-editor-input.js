/* What the hand does: mouse, touch and keyboard, translated for the editor. */
(function () {
  "use strict";

  var TWICE_MS = 350; /* two taps within this are a double tap */
  var TAP = 20; /* pixels between the two taps of a double tap */
  var STILL = 3; /* pixels that a pointer may move between press and release of a click */
  var FURTHER = 80; /* pixels after which a crowd of handles follows the pointer */
  var OTHERS = ".atlas-edit, .leaflet-control, .leaflet-popup, button, input, select, a[href]";
  var ARROWS = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]
  };
  var WRITING = "input, textarea, select, [contenteditable]";

  function Input(editor) {
    var map = editor.map;
    this.editor = editor;
    this.map = map;
    this.pressed = null; /* where the pointer went down */
    this.isDown = false;
    this.dragged = false; /* whether the map or a handle was dragged since */
    this.tapped = null; /* where and when the last click was */
    var box = map.getContainer();
    /* In the capturing phase, so that a click can be kept from everything behind. */
    this.bind(box, "pointerdown", this.down);
    this.bind(document, "pointerup", this.up);
    this.bind(document, "pointercancel", this.up);
    this.bind(box, "pointermove", this.move);
    this.bind(box, "pointerleave", this.away);
    this.bind(box, "click", this.click);
    this.bind(box, "dblclick", this.doubleClick);
    this.bind(box, "contextmenu", this.menu);
    this.bind(box, "focus", this.focus);
    this.bind(box, "blur", this.focus);
    this.bind(document, "keydown", this.key);
    this.bind(document, "keyup", this.alt);
    map.on("dragstart", function () { this.dragged = true; }, this);
    map.on("move zoom", function () { if (editor.tool) { editor.schedule(); } });
    map.on("moveend", this.settle, this);
  }

  Input.prototype = {
    bind: function (target, type, handler) {
      var bound = handler.bind(this);
      target.addEventListener(type, bound, true);
      this.map.on("unload", function () { target.removeEventListener(type, bound, true); });
    },

    /* ---- pointer ---- */

    down: function (event) {
      this.pressed = L.point(event.clientX, event.clientY);
      this.isDown = true;
      this.dragged = false;
      this.editor.byKeyboard = false;
    },

    up: function () { this.isDown = false; },

    move: function (event) {
      var editor = this.editor;
      if (!editor.tool) { return; }
      var at = L.point(event.clientX, event.clientY);
      /* A browser also tells of moves when only the page moved under a resting pointer. */
      if (this.seen && this.seen.equals(at)) { return; }
      this.seen = at;
      editor.byKeyboard = false;
      editor.alt = event.altKey;
      var onMap = event.pointerType !== "touch" && !event.target.closest(OTHERS);
      editor.pointer = onMap ? this.map.mouseEventToContainerPoint(event) : null;
      this.follow();
      editor.schedule();
    },

    away: function () {
      this.editor.pointer = null;
      if (this.editor.tool) { this.editor.schedule(); }
    },

    /* Where there are too many vertices, the handles are those around the pointer. */
    follow: function () {
      var editor = this.editor;
      if (!editor.pointer || !editor.handles.crowded || editor.grip) { return; }
      if (!this.crowd || this.crowd.distanceTo(editor.pointer) > FURTHER) {
        this.crowd = editor.pointer;
        editor.refreshHandles();
      }
    },

    settle: function () {
      this.crowd = null;
      if (this.editor.tool && !this.editor.grip) { this.editor.refreshHandles(); }
    },

    click: function (event) {
      var editor = this.editor;
      if (!this.map.atlas.busy || event.target.closest(OTHERS)) { return; }
      event.preventDefault();
      event.stopImmediatePropagation();
      var at = L.point(event.clientX, event.clientY);
      if (this.wasDrag(at) || !editor.tool) { return; }
      var twice = this.isSecond(event, at);
      var handle = event.target.atlasHandle;
      if (handle && !handle.middle && event.altKey) {
        editor.removePoint(handle);
      } else if (editor.tool.open && twice && editor.tool.sketch.done.length) {
        editor.finish();
      } else if (!twice && (editor.tool.open || (editor.tool.measuring && !handle))) {
        editor.place(this.map.mouseEventToContainerPoint(event), event.altKey);
      }
    },

    /* A click without a press, as from an aid for the disabled, is none. */
    wasDrag: function (at) {
      var drag = this.dragged || (this.pressed && this.pressed.distanceTo(at) > STILL);
      this.pressed = null;
      this.dragged = false;
      return drag;
    },

    /* The second click of a double click; on touch screens only time and place tell. */
    isSecond: function (event, at) {
      var last = this.tapped;
      var touch = event.pointerType === "touch";
      var twice = event.detail > 1 || Boolean(touch && last &&
        event.timeStamp - last.time < TWICE_MS && last.at.distanceTo(at) < TAP);
      this.tapped = twice ? null : { at: at, time: event.timeStamp };
      return twice;
    },

    doubleClick: function (event) {
      if (this.map.atlas.busy && !event.target.closest(OTHERS)) {
        event.stopImmediatePropagation();
      }
    },

    menu: function (event) {
      var handle = event.target.atlasHandle;
      if (!this.editor.tool || !handle || handle.middle) { return; }
      event.preventDefault();
      event.stopImmediatePropagation();
      this.editor.removePoint(handle);
    },

    /* ---- keyboard ---- */

    focus: function (event) {
      var editor = this.editor;
      if (!editor.tool || event.target !== this.map.getContainer()) { return; }
      /* Leaflet gives the map the focus on a press of the mouse, too. */
      if (event.type === "focus" && !this.isDown) {
        editor.byKeyboard = event.target.matches(":focus-visible");
      }
      editor.schedule();
    },

    alt: function (event) {
      if (this.editor.tool && event.key === "Alt") {
        this.editor.alt = event.type === "keydown";
        this.editor.schedule();
      }
    },

    key: function (event) {
      var box = this.map.getContainer();
      var target = event.target;
      var here = target === document.body || box.contains(target);
      if (!this.editor.tool || !here || target.closest(WRITING)) { return; }
      this.alt(event);
      var handled = this.command(event) ||
        (target.atlasHandle && this.onHandle(event, target.atlasHandle)) ||
        (!target.closest(OTHERS) && this.onMap(event, target === box));
      if (handled) {
        event.preventDefault();
        event.stopPropagation();
      }
    },

    /* Keys that mean the same wherever the focus is. */
    command: function (event) {
      var editor = this.editor;
      var key = event.key.toLowerCase();
      var control = event.ctrlKey || event.metaKey;
      if (key === "escape") {
        editor.escape();
      } else if (key === "backspace" || (control && key === "z" && !event.shiftKey)) {
        editor.undo();
      } else if (control && (key === "y" || key === "z")) {
        editor.redo();
      } else {
        return false;
      }
      return true;
    },

    onHandle: function (event, handle) {
      var arrow = ARROWS[event.key];
      if (handle.middle) {
        if (event.key !== "Enter" && event.key !== " ") { return false; }
        this.editor.insert(handle);
      } else if (event.key === "Delete") {
        this.editor.removePoint(handle);
      } else if (arrow) {
        this.editor.nudge(handle, arrow, event.shiftKey);
      } else {
        return false;
      }
      return true;
    },

    onMap: function (event, isFocused) {
      if (event.key === "Enter") {
        this.editor.enter();
        return true;
      }
      if (isFocused && (ARROWS[event.key] || event.key === "+" || event.key === "-")) {
        this.editor.byKeyboard = true;
        this.editor.schedule();
      }
      return false; /* the map itself pans and zooms */
    }
  };

  window.AtlasEditorParts.Input = Input;
})();
