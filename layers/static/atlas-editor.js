/* Drawing, editing and measuring on the map of Yangpu Atlas.
 *
 * Needs atlas-geodesy.js and atlas-editor-{sketch,snap,panel,view,input}.js before it. While a tool is
 * active, `map.atlas.busy` is true and clicks on the map end here: nothing behind hears them.
 */
(function () {
  "use strict";

  var parts = window.AtlasEditorParts;

  var DECIMALS = 8; /* of a degree: a millimetre, for places that the hand chose */
  var CATCH = 12; /* pixels around the first vertex that close a polygon */
  var STILL = 3; /* pixels: the cross-hair on the last vertex finishes */
  var AFTERMATH_MS = 400; /* for so long the clicks that ended a shape are not yet the page's */
  var TYPES = { point: "Point", line: "LineString", polygon: "Polygon", split: "LineString" };

  var TEXT_KEYS = [
    "measure_distance", "measure_area",
    "edit_title_point", "edit_title_line", "edit_title_polygon", "edit_title_edit",
    "edit_title_split", "edit_hint_point", "edit_hint_line", "edit_hint_polygon",
    "edit_hint_edit", "edit_hint_split",
    "edit_finish", "edit_undo", "edit_redo", "edit_snap", "edit_cancel", "edit_show_help", "help",
    "edit_segment", "edit_total", "edit_area", "edit_perimeter",
    "unit_m", "unit_km", "unit_ha", "unit_m2", "unit_mu",
    "edit_too_few_point", "edit_too_few_line", "edit_too_few_polygon", "edit_crossing",
    "edit_hole_outside", "edit_not_editable", "edit_corner", "edit_insert"
  ];

  function Editor(map, options) {
    var self = this;
    var texts = options.texts || {};
    function t(key) {
      var known = Object.prototype.hasOwnProperty.call(texts, key) && typeof texts[key] === "string";
      return known ? texts[key] : key;
    }
    this.map = map;
    this.send = options.send;
    this.token = null; /* of the last wish of the page */
    this.tool = null;
    this.finished = null; /* the view of a shape that was sent and is not yet answered */
    this.pointer = null; /* pixel of the container, or null when the pointer is elsewhere */
    this.alt = false; /* whether the Alt key is down: nothing catches then */
    this.byKeyboard = false; /* whether the cross-hair is the pointer */
    this.grip = null; /* the handle on its way */
    this.frame = null;
    map.atlas = map.atlas || {};
    map.atlas.snapSources = (map.atlas.snapSources || []).concat(options.snapSources || []);
    this.snapper = new parts.Snapper(map, map.atlas.snapSources);
    this.panel = new parts.Panel(map, t, {
      finish: function () { self.finish(); },
      undo: function () { self.undo(); },
      redo: function () { self.redo(); },
      cancel: function () { self.cancel(); },
      snap: function () {
        self.tool.snap = !self.tool.snap;
        self.schedule();
      }
    });
    this.handles = new parts.Handles(map, t, {
      grab: function (handle) { self.grab(handle); },
      pull: function (handle, marker, event) { self.pull(handle, marker, event); },
      drop: function () { self.drop(); }
    });
    if (options.measure !== false) {
      this.measures = new parts.MeasureControl(map, t, function (mode) { self.toggle(mode); });
    }
    this.crosshair = L.DomUtil.create("div", "atlas-crosshair", map.getContainer());
    this.crosshair.hidden = true;
    this.input = new parts.Input(this);
  }

  Editor.prototype = {

    /* ---- tools begin and end ---- */

    update: function (spec) {
      this.snapper.forget();
      if (spec && spec.token === this.token) { return; }
      this.token = spec ? spec.token : null;
      if (this.finished) {
        this.finished.remove();
        this.finished = null;
      }
      if (spec) {
        this.begin({
          mode: spec.mode, measuring: false, open: spec.mode !== "edit", token: spec.token,
          snap: spec.snap !== false, colour: spec.colour, feature: spec.feature,
          target: spec.mode === "split" ? parts.read(spec.geometry) : [],
          sketch: spec.mode === "edit"
            ? parts.Sketch.from(spec.geometry) : parts.Sketch.blank(TYPES[spec.mode])
        });
      } else if (this.tool && !this.tool.measuring) {
        this.end();
      }
    },

    toggle: function (mode) {
      var tool = this.tool;
      if (tool && !tool.measuring) { return; }
      if (tool && tool.mode === mode) {
        this.end();
      } else {
        this.begin({
          mode: mode, measuring: true, open: true, snap: true, target: [],
          sketch: parts.Sketch.blank(TYPES[mode])
        });
      }
    },

    begin: function (tool) {
      this.end();
      this.tool = tool;
      this.snapper.first = tool.target;
      this.snapper.forget();
      var type = tool.sketch.type;
      tool.view = new parts.View(this.map, tool.colour, /Polygon/.test(type), /Point/.test(type));
      if (tool.target.length) { tool.view.mark(tool.target); }
      var title = tool.measuring
        ? (tool.mode === "line" ? "measure_distance" : "measure_area")
        : "edit_title_" + tool.mode;
      this.panel.show(title, "edit_hint_" + tool.mode);
      this.occupy();
      this.schedule();
    },

    end: function () {
      if (!this.tool) { return; }
      this.tool.view.remove();
      this.leave();
      this.free();
    },

    leave: function () {
      this.tool = null;
      this.grip = null;
      this.handles.clear();
      this.panel.hide();
      this.schedule();
    },

    /* Takes the clicks of the map, and its double click. */
    occupy: function () {
      var map = this.map;
      window.clearTimeout(this.aftermath);
      if (!map.atlas.busy) {
        this.zoomsOnDouble = map.doubleClickZoom.enabled();
        map.doubleClickZoom.disable();
        map.atlas.busy = true;
      }
    },

    free: function () {
      window.clearTimeout(this.aftermath);
      this.map.atlas.busy = false;
      if (this.zoomsOnDouble) { this.map.doubleClickZoom.enable(); }
    },

    finish: function () {
      var tool = this.tool;
      var fault = tool.sketch.fault();
      this.panel.warn(fault ? fault.reason : "");
      if (fault) { return; }
      if (tool.measuring) {
        tool.open = false;
        this.schedule();
        return;
      }
      tool.view.draw(tool.sketch, null, false, false);
      tool.view.dim();
      this.finished = tool.view;
      this.leave();
      this.aftermath = window.setTimeout(this.free.bind(this), AFTERMATH_MS);
      this.send({
        kind: "sketch", token: tool.token, mode: tool.mode, geometry: tool.sketch.geometry()
      });
    },

    cancel: function () {
      var tool = this.tool;
      this.end();
      if (!tool.measuring) { this.send({ kind: "cancel", token: tool.token }); }
    },

    /* Esc: first the point on its way, then the shape, then the tool. */
    escape: function () {
      var sketch = this.tool.sketch;
      if (this.grip) {
        this.putBack();
      } else if (sketch.done.length) {
        while (sketch.undo()) { /* all the way back; redo brings it again */ }
        this.tool.open = this.tool.mode !== "edit";
        this.schedule();
      } else {
        this.cancel();
      }
    },

    undo: function () { this.step(this.tool.sketch.undo()); },

    redo: function () { this.step(this.tool.sketch.redo()); },

    step: function (changed) {
      if (changed) {
        this.panel.warn("");
        this.schedule();
      }
    },

    /* ---- placing points ---- */

    /* Where a pixel is: {point: [lng, lat], caught: what the snapper says or null}. */
    locate: function (pixel, alt) {
      var tool = this.tool;
      if (tool.snap && !alt) {
        var caught = this.snapper.find(pixel, this.ownPoints(), tool.feature);
        if (caught) { return { point: caught.point, caught: caught }; }
      }
      return { point: placed(this.map.containerPointToLatLng(pixel)), caught: null };
    },

    /* Vertices of the shape itself that catch: while it is drawn, all but the last one. */
    ownPoints: function () {
      var tool = this.tool;
      return tool.open && !this.grip ? tool.sketch.paths[0].points.slice(0, -1) : [];
    },

    isNear: function (pixel, point, radius) {
      return this.map.latLngToContainerPoint([point[1], point[0]]).distanceTo(pixel) <= radius;
    },

    place: function (pixel, alt) {
      var tool = this.tool;
      if (tool.measuring && !tool.open) {
        tool.sketch = parts.Sketch.blank(TYPES[tool.mode]);
        tool.open = true;
      }
      var points = tool.sketch.paths[0].points;
      var last = points[points.length - 1];
      var closes = tool.mode === "polygon" && points.length > 2 &&
        this.isNear(pixel, points[0], CATCH);
      if (closes) {
        this.finish();
        return;
      }
      var at = this.locate(pixel, alt).point;
      if (last && same(last, at)) { return; }
      tool.sketch.splice(0, points.length, 0, [at]);
      this.panel.warn("");
      if (tool.mode === "point") { this.finish(); } else { this.schedule(); }
    },

    /* Enter: with the cross-hair it is a click there, otherwise it finishes. */
    enter: function () {
      var tool = this.tool;
      var points = tool.open ? tool.sketch.paths[0].points : [];
      if (!tool.open && !tool.measuring) {
        this.finish();
      } else if (!this.byKeyboard && !points.length) {
        this.byKeyboard = true; /* shows the cross-hair before anything is placed */
        this.schedule();
      } else if (!this.byKeyboard) {
        this.finish();
      } else {
        var centre = this.map.getSize().divideBy(2);
        var last = points[points.length - 1];
        if (last && (this.isNear(centre, last, STILL) || same(this.locate(centre).point, last))) {
          this.finish();
        } else {
          this.place(centre, false);
        }
      }
    },

    removePoint: function (handle) {
      var tool = this.tool;
      var sketch = tool.sketch;
      if (!tool.open && sketch.paths[handle.path].points.length <= sketch.fewest) {
        this.panel.warn(sketch.tooFew());
        return;
      }
      sketch.splice(handle.path, handle.index, 1, []);
      this.draw();
      this.handles.focus(handle.path, handle.index);
    },

    /* ---- moving points ---- */

    grab: function (handle) {
      var points = this.tool.sketch.paths[handle.path].points;
      this.input.dragged = true;
      this.grip = {
        path: handle.path,
        index: handle.index + (handle.middle ? 1 : 0),
        like: points[handle.index],
        added: false,
        before: handle.middle ? [] : [points[handle.index]]
      };
    },

    pull: function (handle, marker, event) {
      var grip = this.grip;
      if (!grip) { return; }
      var pixel = this.map.latLngToContainerPoint(marker.getLatLng());
      var at = this.locate(pixel, event.altKey);
      grip.caught = at.caught;
      if (at.caught) { marker.setLatLng([at.point[1], at.point[0]]); }
      grip.at = at.point.concat(grip.like.slice(2));
      this.tool.sketch.replace(
        grip.path, grip.index, grip.added ? 1 : grip.before.length, [grip.at]
      );
      grip.added = true;
      this.schedule();
    },

    /* The shape as it was when the handle was taken. */
    putBack: function () {
      var grip = this.grip;
      this.grip = null;
      if (grip.added) { this.tool.sketch.replace(grip.path, grip.index, 1, grip.before); }
      this.schedule();
    },

    drop: function () {
      var grip = this.grip;
      if (!grip) { /* Esc was pressed on the way: the handle goes home */
        if (this.tool) { this.refreshHandles(); }
        return;
      }
      this.putBack();
      if (grip.added) {
        this.tool.sketch.splice(grip.path, grip.index, grip.before.length, [grip.at]);
      }
    },

    /* One arrow key moves a vertex by a pixel, with Shift by ten. */
    nudge: function (handle, arrow, far) {
      var map = this.map;
      var old = this.tool.sketch.paths[handle.path].points[handle.index];
      var by = L.point(arrow).multiplyBy(far ? 10 : 1);
      var zoom = map.getZoom();
      var to = placed(map.unproject(map.project([old[1], old[0]], zoom).add(by), zoom));
      var moved = arrow[0] ? [to[0], old[1]] : [old[0], to[1]];
      this.tool.sketch.splice(
        handle.path, handle.index, 1, [moved.concat(old.slice(2))], true
      );
      this.draw();
    },

    insert: function (handle) {
      var points = this.tool.sketch.paths[handle.path].points;
      var a = points[handle.index];
      var b = points[(handle.index + 1) % points.length];
      var middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2].concat(a.slice(2));
      this.tool.sketch.splice(handle.path, handle.index + 1, 0, [middle]);
      this.draw();
      this.handles.focus(handle.path, handle.index + 1);
    },

    /* ---- drawing the picture ---- */

    schedule: function () {
      if (this.frame) { return; }
      var self = this;
      this.frame = window.requestAnimationFrame(function () {
        self.frame = null;
        self.map.whenReady(self.draw, self);
      });
    },

    draw: function () {
      var tool = this.tool;
      var container = this.map.getContainer();
      var aims = Boolean(tool) && (tool.open || tool.measuring);
      var byKeys = aims && this.byKeyboard && document.activeElement === container;
      this.crosshair.hidden = !byKeys;
      container.classList.toggle("atlas-drawing", aims);
      container.classList.toggle("atlas-editing", Boolean(tool));
      container.classList.toggle("atlas-gripping", Boolean(this.grip));
      if (this.measures) {
        this.measures.state(tool && tool.measuring ? tool.mode : "", tool && !tool.measuring);
      }
      if (!tool) { return; }
      var pixel = byKeys ? this.map.getSize().divideBy(2) : this.pointer;
      var aim = aims && pixel && !this.grip ? this.locate(pixel, this.alt) : null;
      var caught = this.grip ? this.grip.caught : aim && aim.caught;
      tool.view.show(tool.view.ring, caught ? caught.point : null);
      this.drawShape(tool, tool.open && aim ? aim.point : null);
      this.panel.state({
        finish: !tool.fault && (tool.open || !tool.measuring),
        undo: tool.sketch.done.length > 0,
        redo: tool.sketch.undone.length > 0,
        snap: tool.snap
      });
    },

    /* Only when something changed: a shape may have ten thousand vertices. */
    drawShape: function (tool, next) {
      var sketch = tool.sketch;
      var state = [sketch.revision, tool.open, next].join();
      if (tool.drawn === state && tool.shape === sketch) { return; }
      var changed = tool.revision !== sketch.revision || tool.shape !== sketch ||
        tool.wasOpen !== tool.open;
      tool.drawn = state;
      tool.shape = sketch;
      tool.wasOpen = tool.open;
      if (changed) { tool.fault = sketch.fault(); }
      tool.revision = sketch.revision;
      var points = sketch.paths.length ? sketch.paths[0].points : [];
      var fault = next && tool.open && points.length ? sketch.fault(next) : tool.fault;
      var wrong = fault && !/too_few|not_editable/.test(fault.reason) ? fault : null;
      tool.view.draw(sketch, next, tool.open, Boolean(wrong));
      tool.view.show(tool.view.cross, wrong && wrong.at);
      this.tellFault(tool, fault, wrong);
      this.panel.measure(sizes(sketch, next, tool.open, wrong));
      if (changed && !this.grip) { this.refreshHandles(); }
    },

    refreshHandles: function () {
      this.handles.refresh(this.tool.sketch, this.tool.open, this.pointer);
    },

    tellFault: function (tool, fault, wrong) {
      if (wrong || (fault && fault.reason === "edit_not_editable")) {
        this.panel.warn(fault.reason);
      } else if (tool.warned) {
        this.panel.warn("");
      }
      tool.warned = Boolean(wrong);
    }
  };

  function same(a, b) { return a[0] === b[0] && a[1] === b[1]; }

  function placed(latlng) {
    return [Number(latlng.lng.toFixed(DECIMALS)), Number(latlng.lat.toFixed(DECIMALS))];
  }

  /* Rows of the read-out: [text key, metres or square metres or null]. */
  function sizes(sketch, next, open, wrong) {
    var rows = [];
    var shapes = sketch.parts(next);
    var path = shapes.length ? shapes[0][0] : [];
    if (/Point/.test(sketch.type) || (open && path.length < 2)) { return rows; }
    if (open) { rows.push(["edit_segment", AtlasGeodesy.length(path.slice(-2))]); }
    if (sketch.isArea() && (path.length > 2 || !open)) {
      rows.push(["edit_perimeter", sum(shapes, AtlasGeodesy.perimeter)]);
      rows.push(["edit_area", wrong ? null : sum(shapes, AtlasGeodesy.area)]);
    } else {
      rows.push(["edit_total", sum([].concat.apply([], shapes), AtlasGeodesy.length)]);
    }
    return rows;
  }

  function sum(items, measure) {
    return items.reduce(function (total, item) { return total + measure(item); }, 0);
  }

  /* Called once, when the map is made. */
  function attach(map, options) { map.atlasEditor = new Editor(map, options); }

  /* Called with each new picture. */
  function update(map, spec) { map.atlasEditor.update(spec || null); }

  window.AtlasEditor = { attach: attach, update: update, TEXT_KEYS: TEXT_KEYS };
})();
