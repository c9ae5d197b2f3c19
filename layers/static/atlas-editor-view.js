/* How the shape under work looks on the map: outline, rubber band, marks and handles. */
(function () {
  "use strict";

  var BLUE = "#0b5c8a";
  var RED = "#c62828";
  var MOST = 150; /* handles of a kind, vertices or middles */
  var CROWD = 80; /* handles around the pointer where there would be more than that */
  var SHORTEST = 30; /* pixels of an edge that has room for a handle in its middle */

  var SHAPES = "atlas-sketch";
  var HANDLES = "atlas-handles";

  function panes(map) {
    if (map.getPane(SHAPES)) { return; }
    map.createPane(SHAPES).style.zIndex = 560;
    map.getPane(SHAPES).style.pointerEvents = "none";
    map.createPane(HANDLES).style.zIndex = 640;
  }

  function latlng(p) { return [p[1], p[0]]; }

  function latlngs(points) { return points.map(latlng); }

  function colourOf(text) { return /^#[0-9a-fA-F]{3,8}$/.test(text) ? text : BLUE; }

  /* The layers of one tool; `isArea` and `isPoint` tell what its shape is. */
  function View(map, colour, isArea, isPoint) {
    panes(map);
    this.map = map;
    this.colour = colourOf(colour);
    this.isPoint = isPoint;
    var base = { pane: SHAPES, renderer: L.svg({ pane: SHAPES }), interactive: false };
    function options(more) { return L.extend({}, base, more); }
    this.target = L.polygon([], options({ weight: 7, fill: isArea, className: "atlas-target" }));
    this.area = L.polygon([], options({ stroke: false, fillOpacity: 0.18, fillRule: "evenodd" }));
    this.line = L.polyline([], options({ weight: isPoint ? 13 : 3, className: "atlas-outline" }));
    this.rubber = L.polyline([], options({ weight: 2, dashArray: "5 6", opacity: 0.9 }));
    this.ring = L.circleMarker([0, 0], options({
      radius: 9, weight: 3, fill: false, color: "#d55e00", className: "atlas-snap"
    }));
    this.cross = L.circleMarker([0, 0], options({
      radius: 11, weight: 3, fill: false, color: RED, className: "atlas-crossing"
    }));
    this.group = L.layerGroup([this.area, this.line, this.rubber]).addTo(map);
  }

  View.prototype = {
    remove: function () { this.group.remove(); },

    /* Marks a shape that is to be cut. */
    mark: function (paths) {
      var areas = paths.some(function (path) { return path.closed; });
      var layer = areas ? this.target : L.polyline([], this.target.options);
      layer.setStyle({ color: "#e69f00", opacity: 0.75, fillOpacity: 0.15, fill: areas });
      layer.setLatLngs(nested(paths));
      this.group.addLayer(layer);
    },

    /* `next` is the place of the pointer or null, `open` whether points are still being added. */
    draw: function (sketch, next, open, bad) {
      var colour = bad ? RED : this.colour;
      var extra = open ? next : null;
      var paths = sketch.paths;
      this.area.setLatLngs(sketch.isArea() ? sketch.parts(extra).map(function (part) {
        return part.map(latlngs);
      }) : []);
      this.area.setStyle({ fillColor: colour });
      this.line.setLatLngs(paths.map(function (path) {
        var points = latlngs(path.points);
        /* A point is drawn as a line to itself with round ends. */
        return (path.closed && !open) || points.length === 1 ? points.concat([points[0]]) : points;
      }));
      this.line.setStyle({ color: colour, dashArray: bad && !open ? "9 6" : null });
      this.rubber.setLatLngs(open ? rubberBand(paths[0], extra) : []);
      this.rubber.setStyle({ color: colour });
    },

    dim: function () {
      this.show(this.ring, null);
      this.show(this.cross, null);
      this.rubber.setLatLngs([]);
      this.line.setStyle({ opacity: 0.45 });
      this.area.setStyle({ fillOpacity: 0.08 });
    },

    show: function (marker, point) {
      if (point) {
        marker.setLatLng(latlng(point));
        this.group.addLayer(marker);
      } else {
        this.group.removeLayer(marker);
      }
    }
  };

  function nested(paths) {
    var parts = [];
    paths.forEach(function (path) {
      (parts[path.part] = parts[path.part] || []).push(latlngs(path.points));
    });
    return paths.some(function (path) { return path.closed; }) ? parts : [].concat.apply([], parts);
  }

  /* From the last vertex to the pointer and on to the first one, as far as they are there. */
  function rubberBand(path, next) {
    var points = path.points;
    var last = points[points.length - 1];
    var band = last && next ? [[last, next]] : [];
    if (path.closed && points.length > (next ? 1 : 2)) { band.push([next || last, points[0]]); }
    return band.map(latlngs);
  }

  /* Handles of vertices, and of edges where a vertex may be pulled out of them. `hooks` are
   * grab(handle), pull(handle, latlng, event), drop(handle). A handle is {path, index, middle}. */
  function Handles(map, t, hooks) {
    panes(map);
    this.map = map;
    this.t = t;
    this.hooks = hooks;
    this.shown = {}; /* markers by path, index and whether in the middle of an edge */
    this.crowded = false;
    this.group = L.layerGroup().addTo(map);
  }

  Handles.prototype = {
    clear: function () {
      this.shown = {};
      this.group.clearLayers();
    },

    /* Shows the handles that are in view; of too many, those nearest to `point`. Those that are
     * there already stay, because making hundreds takes longer than a frame. */
    refresh: function (sketch, open, point) {
      var near = this.map.containerPointToLayerPoint(point || this.map.getSize().divideBy(2));
      var found = this.candidates(sketch, open);
      var before = this.shown;
      this.shown = {};
      this.crowded = false;
      [found.corners, found.middles].forEach(function (all) {
        if (all.length > MOST) {
          this.crowded = true;
          all = nearest(all, near, CROWD);
        }
        all.forEach(function (handle) {
          var key = [handle.path, handle.index, handle.middle].join();
          var at = this.map.layerPointToLatLng(handle.at);
          var marker = before[key] ? before[key].setLatLng(at) : this.add(handle, at);
          this.name(marker, handle, sketch.paths[handle.path].points.length);
          this.shown[key] = marker;
          delete before[key];
        }, this);
      }, this);
      Object.keys(before).forEach(function (key) { this.group.removeLayer(before[key]); }, this);
    },

    /* Vertices in view, and middles of the edges that have room for a handle there. */
    candidates: function (sketch, open) {
      var map = this.map;
      var view = L.bounds(
        map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint(map.getSize())
      );
      var corners = [];
      var middles = [];
      sketch.paths.forEach(function (path, number) {
        var points = path.points;
        var pixels = points.map(function (p) { return map.latLngToLayerPoint(latlng(p)); });
        pixels.forEach(function (at, i) {
          if (view.contains(at)) {
            corners.push({ path: number, index: i, middle: false, at: at });
          }
          var next = pixels[i + 1] || (path.closed && !open ? pixels[0] : null);
          if (!next || at.distanceTo(next) < SHORTEST) { return; }
          /* The middle of what is in view, so that a long edge can be bent anywhere. */
          var seen = L.LineUtil.clipSegment(at, next, view);
          if (seen && seen[0].distanceTo(seen[1]) >= SHORTEST) {
            middles.push({
              path: number, index: i, middle: true, at: seen[0].add(seen[1]).divideBy(2)
            });
          }
        });
      });
      return { corners: corners, middles: middles };
    },

    add: function (handle, at) {
      var hooks = this.hooks;
      var marker = L.marker(at, {
        pane: HANDLES,
        draggable: true,
        autoPan: true,
        icon: L.divIcon({
          className: "atlas-handle" + (handle.middle ? " middle" : ""), iconSize: [20, 20]
        })
      });
      marker.on("dragstart", function () { hooks.grab(handle); });
      marker.on("drag", function (event) {
        hooks.pull(handle, marker, event.originalEvent || {});
      });
      marker.on("dragend", function () { hooks.drop(handle); });
      this.group.addLayer(marker);
      marker.getElement().atlasHandle = handle;
      return marker;
    },

    name: function (marker, handle, total) {
      var text = this.t(handle.middle ? "edit_insert" : "edit_corner");
      marker.getElement().setAttribute(
        "aria-label", text.replace("{n}", handle.index + 1).replace("{total}", total)
      );
    },

    /* Gives the keyboard a vertex, after another one went away. */
    focus: function (path, index) {
      var last = index;
      while (last >= 0 && !this.shown[[path, last, false].join()]) { last -= 1; }
      var marker = this.shown[[path, last, false].join()];
      (marker ? marker.getElement() : this.map.getContainer()).focus({ preventScroll: true });
    }
  };

  function nearest(handles, point, count) {
    handles.forEach(function (handle) { handle.far = handle.at.distanceTo(point); });
    handles.sort(function (a, b) { return a.far - b.far; });
    return handles.slice(0, count).sort(function (a, b) {
      return a.path - b.path || a.index - b.index;
    });
  }

  window.AtlasEditorParts.View = View;
  window.AtlasEditorParts.Handles = Handles;
})();
