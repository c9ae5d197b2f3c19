/* The shape under work: its paths, its history, its faults. No map and no page here.
 *
 * A path is {closed, part, points}: a ring (without the repeated last point), a line or a single
 * point; `part` numbers the polygon, line or point of a multi-part geometry. Points are the very
 * arrays that came in, so what nobody moved goes out bit by bit as it was. Every change is a
 * splice of one path, so every change can be taken back.
 */
(function () {
  "use strict";

  var SPLIT = 134217729; /* 2^27 + 1 */
  var ROUNDING = 3.4e-16; /* bound of the relative error of a cross product of differences */

  /* The rounding error of a product (T. J. Dekker, Numerische Mathematik 18, 1971). */
  function tail(a, b, product) {
    var t = SPLIT * a;
    var aHigh = t - (t - a);
    var aLow = a - aHigh;
    t = SPLIT * b;
    var bHigh = t - (t - b);
    var bLow = b - bHigh;
    return aLow * bLow - (((product - aHigh * bHigh) - aLow * bHigh) - aHigh * bLow);
  }

  /* 1 if c lies left of the line from a to b, -1 if right, 0 if exactly on it. Differences of
   * coordinates of one district have no rounding error, so only the products need care. */
  function side(ax, ay, bx, by, cx, cy) {
    var l1 = bx - ax;
    var l2 = cy - ay;
    var r1 = by - ay;
    var r2 = cx - ax;
    var left = l1 * l2;
    var right = r1 * r2;
    var turn = left - right;
    if (Math.abs(turn) <= ROUNDING * (Math.abs(left) + Math.abs(right))) {
      turn += tail(l1, l2, left) - tail(r1, r2, right);
    }
    return turn > 0 ? 1 : turn < 0 ? -1 : 0;
  }

  /* Edges of all rings, ordered by their west end; edges without length are left out. */
  function edges(rings) {
    var all = [];
    rings.forEach(function (ring, number) {
      var own = [];
      for (var i = 0; i < ring.length; i++) {
        var a = ring[i];
        var b = ring[(i + 1) % ring.length];
        if (a[0] === b[0] && a[1] === b[1]) { continue; }
        own.push({
          ring: number, order: own.length, count: 0,
          ax: a[0], ay: a[1], bx: b[0], by: b[1],
          west: Math.min(a[0], b[0]), east: Math.max(a[0], b[0]),
          south: Math.min(a[1], b[1]), north: Math.max(a[1], b[1])
        });
      }
      own.forEach(function (edge) { edge.count = own.length; });
      all = all.concat(own);
    });
    return all.sort(function (e, f) { return e.west - f.west; });
  }

  function inBox(edge, x, y) {
    return x >= edge.west && x <= edge.east && y >= edge.south && y <= edge.north;
  }

  /* Whether f goes back over e, whose end is the start of f. */
  function turnsBack(e, f) {
    return side(e.ax, e.ay, e.bx, e.by, f.bx, f.by) === 0 &&
      (e.ax - e.bx) * (f.bx - e.bx) + (e.ay - e.by) * (f.by - e.by) > 0;
  }

  /* Whether two edges meet: edges of one ring must not even touch, those of two rings may. */
  function clash(e, f) {
    var sameRing = e.ring === f.ring;
    if (sameRing) {
      var next = (e.order + 1) % e.count === f.order;
      var previous = (f.order + 1) % f.count === e.order;
      if (next || previous) {
        return (next && turnsBack(e, f)) || (previous && turnsBack(f, e));
      }
    }
    var fromA = side(e.ax, e.ay, e.bx, e.by, f.ax, f.ay);
    var fromB = side(e.ax, e.ay, e.bx, e.by, f.bx, f.by);
    if (fromA * fromB > 0) { return false; }
    var toA = side(f.ax, f.ay, f.bx, f.by, e.ax, e.ay);
    var toB = side(f.ax, f.ay, f.bx, f.by, e.bx, e.by);
    if (toA * toB > 0) { return false; }
    if (fromA * fromB < 0 && toA * toB < 0) { return true; }
    if (sameRing) {
      return (fromA === 0 && inBox(e, f.ax, f.ay)) || (fromB === 0 && inBox(e, f.bx, f.by)) ||
        (toA === 0 && inBox(f, e.ax, e.ay)) || (toB === 0 && inBox(f, e.bx, e.by));
    }
    return fromA === 0 && fromB === 0 && (
      Math.min(e.east, f.east) > Math.max(e.west, f.west) ||
      Math.min(e.north, f.north) > Math.max(e.south, f.south)
    );
  }

  function meeting(e, f) {
    var dx = e.bx - e.ax;
    var dy = e.by - e.ay;
    var across = dx * (f.by - f.ay) - dy * (f.bx - f.ax);
    var t = ((f.ax - e.ax) * (f.by - f.ay) - (f.ay - e.ay) * (f.bx - f.ax)) / across;
    if (!(t >= 0 && t <= 1)) { /* parallel: where the later one begins */
      var onE = inBox(e, f.ax, f.ay);
      return onE ? [f.ax, f.ay] : [f.bx, f.by];
    }
    return [e.ax + t * dx, e.ay + t * dy];
  }

  /* The first place found where rings cross themselves or each other, or null. */
  function crossing(rings) {
    var all = edges(rings);
    for (var i = 0; i < all.length; i++) {
      var e = all[i];
      for (var j = i + 1; j < all.length && all[j].west <= e.east; j++) {
        var f = all[j];
        if (f.south <= e.north && f.north >= e.south && clash(e, f)) { return meeting(e, f); }
      }
    }
    return null;
  }

  function contains(ring, x, y) {
    var inside = false;
    for (var i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      var a = ring[i];
      var b = ring[j];
      if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) {
        inside = !inside;
      }
    }
    return inside;
  }

  /* Whether a hole that crosses nothing lies within its outer ring. */
  function holds(outer, hole) {
    return hole.some(function (point) { return contains(outer, point[0], point[1]); });
  }

  function openRing(ring) {
    var last = ring[ring.length - 1];
    var repeats = ring.length > 1 && ring[0][0] === last[0] && ring[0][1] === last[1];
    return repeats ? ring.slice(0, -1) : ring.slice();
  }

  function polygon(rings, part) {
    return rings.map(function (ring) {
      return { closed: true, part: part, points: openRing(ring) };
    });
  }

  function open(points, part) { return { closed: false, part: part, points: points.slice() }; }

  var READERS = {
    Point: function (c) { return [open([c], 0)]; },
    MultiPoint: function (c) { return c.map(function (p, i) { return open([p], i); }); },
    LineString: function (c) { return [open(c, 0)]; },
    MultiLineString: function (c) { return c.map(open); },
    Polygon: function (c) { return polygon(c, 0); },
    MultiPolygon: function (c) {
      return c.reduce(function (all, rings, part) { return all.concat(polygon(rings, part)); }, []);
    }
  };

  function read(geometry) {
    var reader = geometry && READERS[geometry.type];
    return reader ? reader(geometry.coordinates) : [];
  }

  function Sketch(type, paths) {
    this.type = type;
    this.paths = paths;
    this.done = [];
    this.undone = [];
    this.revision = 0;
    this.fewest = /Polygon/.test(type) ? 3 : /Line/.test(type) ? 2 : 1;
  }

  Sketch.from = function (geometry) {
    return new Sketch(geometry ? geometry.type : "", read(geometry));
  };

  Sketch.blank = function (type) {
    return new Sketch(type, [{ closed: type === "Polygon", part: 0, points: [] }]);
  };

  Sketch.prototype = {
    isArea: function () { return this.fewest === 3; },

    tooFew: function () {
      return "edit_too_few_" + ["point", "line", "polygon"][this.fewest - 1];
    },

    /* Replaces `count` points from `index` on. `same` joins the step to the one before, if that
     * replaced the same point: a point pushed along by many key presses is one step. */
    splice: function (path, index, count, added, same) {
      var removed = this.replace(path, index, count, added);
      var last = this.done[this.done.length - 1];
      if (same && last && last.same && last.path === path && last.index === index) {
        last.added = added;
      } else {
        this.done.push({ path: path, index: index, removed: removed, added: added, same: same });
      }
      this.undone = [];
    },

    /* The same without history: what is shown while a point is on its way. */
    replace: function (path, index, count, added) {
      var points = this.paths[path].points;
      this.revision += 1;
      return Array.prototype.splice.apply(points, [index, count].concat(added));
    },

    undo: function () {
      var step = this.done.pop();
      if (!step) { return false; }
      this.replace(step.path, step.index, step.added.length, step.removed);
      step.same = false;
      this.undone.push(step);
      return true;
    },

    redo: function () {
      var step = this.undone.pop();
      if (!step) { return false; }
      this.replace(step.path, step.index, step.removed.length, step.added);
      this.done.push(step);
      return true;
    },

    /* The rings or lines by part, as GeoJSON nests them; `next` is a point yet to be placed. */
    parts: function (next) {
      var parts = [];
      this.paths.forEach(function (path) {
        var points = next && path.points.length ? path.points.concat([next]) : path.points;
        (parts[path.part] = parts[path.part] || []).push(points);
      });
      return parts;
    },

    /* Why the shape cannot be finished: {reason: text key, at: place or null}, or null. */
    fault: function (next) {
      var area = this.isArea();
      var parts = this.parts(next);
      var rings = [].concat.apply([], parts);
      var fewest = this.fewest;
      if (!rings.length) { return { reason: "edit_not_editable", at: null }; }
      if (rings.some(function (ring) { return distinct(ring) < fewest; })) {
        return { reason: this.tooFew(), at: null };
      }
      if (!area) { return null; }
      var at = crossing(rings);
      if (at) { return { reason: "edit_crossing", at: at }; }
      var lost = parts.some(function (part) {
        return part.slice(1).some(function (hole) { return !holds(part[0], hole); });
      });
      return lost ? { reason: "edit_hole_outside", at: null } : null;
    },

    geometry: function () {
      var type = this.type;
      var area = this.isArea();
      var parts = this.parts().map(function (part) {
        var paths = part.map(function (points) {
          return points.concat(area ? [points[0]] : []).map(function (p) { return p.slice(); });
        });
        if (area) { return paths; }
        return /Point/.test(type) ? paths[0][0] : paths[0];
      });
      return { type: type, coordinates: /^Multi/.test(type) ? parts : parts[0] };
    }
  };

  function distinct(points) {
    var count = 0;
    points.forEach(function (p, i) {
      var before = points[i - 1];
      if (!before || before[0] !== p[0] || before[1] !== p[1]) { count += 1; }
    });
    return count;
  }

  window.AtlasEditorParts = window.AtlasEditorParts || {};
  window.AtlasEditorParts.Sketch = Sketch;
  window.AtlasEditorParts.read = read;
})();
