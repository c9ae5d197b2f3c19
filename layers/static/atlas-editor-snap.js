/* Where the pointer catches: vertices first, then edges, of what lies around it.
 *
 * Sources are asked for a small box only, and not again before the pointer leaves it, so that
 * the number of features on the map does not matter.
 */
(function () {
  "use strict";

  var RADIUS = 12; /* pixels within which a place catches */
  var MARGIN = 64; /* pixels asked for beyond that, so that most moves need no question */
  var LEAST_MARGIN = 6; /* where features are so dense that a larger box holds very many */
  var MANY = 4000; /* edges in a box that are too many to ask for at once */
  var TIE = 0.5; /* pixels: of two places as good as one, that of the earlier source is taken */

  var read = window.AtlasEditorParts.read;

  /* The vector features that are on the map, with the exact coordinates they came with. */
  function Features(map) {
    this.map = map;
    this.known = null;
  }

  Features.prototype = {
    index: function () {
      var layers = [];
      this.map.eachLayer(function (layer) {
        var geometry = layer.feature && layer.feature.geometry;
        if (geometry && (layer.getBounds || layer.getLatLng)) { layers.push(layer); }
      });
      var boxes = new Float64Array(4 * layers.length);
      layers.forEach(function (layer, i) {
        var bounds = layer.getBounds ? layer.getBounds() : L.latLngBounds([layer.getLatLng()]);
        if (bounds.isValid()) {
          boxes.set([
            bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()
          ], 4 * i);
        }
      });
      this.known = { layers: layers, boxes: boxes };
    },

    near: function (bounds, except) {
      if (!this.known) { this.index(); }
      var west = bounds.getWest();
      var south = bounds.getSouth();
      var east = bounds.getEast();
      var north = bounds.getNorth();
      var boxes = this.known.boxes;
      var found = [];
      this.known.layers.forEach(function (layer, i) {
        var apart = boxes[4 * i] > east || boxes[4 * i + 2] < west ||
          boxes[4 * i + 1] > north || boxes[4 * i + 3] < south;
        if (apart || (except && layer.feature.id === except)) { return; }
        var geometry = layer.feature.geometry;
        (geometry.geometries || [geometry]).forEach(function (one) {
          found.push.apply(found, read(one));
        });
      });
      return found;
    }
  };

  /* `sources` is a live array of functions (bounds, except) -> [{closed, points}]. */
  function Snapper(map, sources) {
    var features = new Features(map);
    this.map = map;
    this.sources = sources;
    this.features = function (bounds, except) { return features.near(bounds, except); };
    this.margin = MARGIN;
    this.first = []; /* paths that come before all sources */
    this.around = null;
    map.on("moveend", this.forget, this);
    map.on("layeradd layerremove", function (event) {
      if (event.layer.feature) {
        features.known = null;
        this.around = null;
      }
    }, this);
  }

  Snapper.prototype = {
    /* What the sources said may be out of date. */
    forget: function () { this.around = null; },

    box: function (point, radius) {
      return L.latLngBounds(
        this.map.containerPointToLatLng(point.add([-radius, radius])),
        this.map.containerPointToLatLng(point.add([radius, -radius]))
      );
    },

    /* Vertices and edges in a box around the pointer. */
    ask: function (point, except) {
      var bounds = this.box(point, RADIUS + this.margin);
      var around = { bounds: bounds, except: except, vertices: [], edges: [] };
      var box = new Box(bounds);
      this.first.forEach(function (path) { collect(path, box, around); });
      this.sources.concat([this.features]).forEach(function (source) {
        source(bounds, except).forEach(function (path) { collect(path, box, around); });
      });
      this.around = around;
      var dense = around.edges.length / MANY;
      if (dense > 1) {
        this.margin = Math.max(LEAST_MARGIN, this.margin / Math.sqrt(dense));
      } else if (dense < 0.2) {
        this.margin = Math.min(MARGIN, 2 * this.margin);
      }
    },

    /* The place that catches the pointer: {point: [lng, lat], edge: bool}, or null. `own` are
     * points of the shape under work, `except` the id of a feature that must not catch. */
    find: function (point, own, except) {
      var small = this.box(point, RADIUS);
      var around = this.around;
      if (!around || around.except !== except || !around.bounds.contains(small)) {
        this.ask(point, except);
        around = this.around;
      }
      var box = new Box(small);
      var vertex = this.vertex(point, own.concat(around.vertices), box);
      return vertex || this.edge(point, around.edges, box);
    },

    vertex: function (point, vertices, box) {
      var best = null;
      var nearest = RADIUS;
      for (var i = 0; i < vertices.length; i++) {
        var p = vertices[i];
        if (!box.has(p)) { continue; }
        var d = this.pixel(p).distanceTo(point);
        if (best ? d < nearest - TIE : d <= nearest) {
          nearest = d;
          best = p;
        }
      }
      return best && { point: [best[0], best[1]], edge: false };
    },

    edge: function (point, edges, box) {
      var best = null;
      var nearest = RADIUS;
      for (var i = 0; i < edges.length; i++) {
        var a = edges[i][0];
        var b = edges[i][1];
        if (!box.meets(a, b)) { continue; }
        var from = this.pixel(a);
        var along = this.pixel(b).subtract(from);
        var square = along.x * along.x + along.y * along.y;
        var offset = point.subtract(from);
        var t = square ? (offset.x * along.x + offset.y * along.y) / square : 0;
        t = Math.max(0, Math.min(1, t));
        var d = from.add(along.multiplyBy(t)).distanceTo(point);
        if (best ? d < nearest - TIE : d <= nearest) {
          nearest = d;
          best = [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
        }
      }
      return best && { point: best, edge: true };
    },

    pixel: function (p) { return this.map.latLngToContainerPoint([p[1], p[0]]); }
  };

  function Box(bounds) {
    this.west = bounds.getWest();
    this.south = bounds.getSouth();
    this.east = bounds.getEast();
    this.north = bounds.getNorth();
  }

  Box.prototype = {
    has: function (p) {
      return p[0] >= this.west && p[0] <= this.east && p[1] >= this.south && p[1] <= this.north;
    },
    meets: function (a, b) {
      return Math.max(a[0], b[0]) >= this.west && Math.min(a[0], b[0]) <= this.east &&
        Math.max(a[1], b[1]) >= this.south && Math.min(a[1], b[1]) <= this.north;
    }
  };

  function collect(path, box, around) {
    var points = path.points;
    for (var i = 0; i < points.length; i++) {
      if (box.has(points[i])) { around.vertices.push(points[i]); }
      var next = points[i + 1] || (path.closed ? points[0] : null);
      if (next && box.meets(points[i], next)) { around.edges.push([points[i], next]); }
    }
  }

  window.AtlasEditorParts.Snapper = Snapper;
})();
