/* Vector tiles on canvas: layers of any size for the map of Yangpu Atlas.
 *
 * A tile holds geometry, row numbers and names only. How a row is drawn, and
 * whether, stands in one byte a row that is fetched apart, so that a filter or a
 * theme redraws the tiles that are there and fetches none. Names are shown with
 * textContent only.
 */
(function () {
  "use strict";

  var EXTENT = AtlasMvt.EXTENT;
  var SIZE = 512; /* screen pixels of a tile, as the server cuts them */
  var SCALE = EXTENT / SIZE;
  var HIDDEN = 255;
  var POINT = AtlasMvt.POINT, LINE = AtlasMvt.LINE, AREA = AtlasMvt.AREA;
  var AT_ONCE = 100; /* features in one path: a longer one takes ever longer to grow */
  var MOST_LABELS = 120;

  /* Hatches of eight pixels, so that they meet at the seams of tiles. */
  var HATCHES = {
    diagonal: [[-2, 2, 2, -2], [0, 8, 8, 0], [6, 10, 10, 6]],
    back: [[-2, 6, 2, 10], [0, 0, 8, 8], [6, -2, 10, 2]],
    horizontal: [[0, 4, 8, 4]],
    vertical: [[4, 0, 4, 8]],
    cross: [[0, 4, 8, 4], [4, 0, 4, 8]],
    dots: [[3.5, 3, 3.5, 4]]
  };
  var patterns = {};

  function paint(symbol) {
    var lines = HATCHES[symbol.hatch];
    if (!lines) { return symbol.fill; }
    var key = symbol.hatch + symbol.fill;
    if (!patterns[key]) {
      var canvas = document.createElement("canvas");
      canvas.width = canvas.height = 8;
      var ctx = canvas.getContext("2d");
      ctx.globalAlpha = 0.45;
      ctx.fillStyle = symbol.fill;
      ctx.fillRect(0, 0, 8, 8);
      ctx.globalAlpha = 1;
      ctx.strokeStyle = symbol.fill;
      ctx.lineWidth = 1.6;
      lines.forEach(function (l) {
        ctx.beginPath();
        ctx.moveTo(l[0], l[1]);
        ctx.lineTo(l[2], l[3]);
        ctx.stroke();
      });
      patterns[key] = ctx.createPattern(canvas, "repeat");
    }
    return patterns[key];
  }

  function bytesOf(address) {
    return fetch(address).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.status + " " + address); }
      return answer.arrayBuffer();
    });
  }

  function blank() {
    var canvas = document.createElement("canvas");
    var ratio = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = canvas.height = SIZE * ratio;
    canvas.atlas = { content: null, ratio: ratio };
    return canvas;
  }

  function cleared(canvas) {
    var ctx = canvas.getContext("2d");
    var ratio = canvas.atlas.ratio;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, canvas.width, canvas.height);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    return ctx;
  }

  var TileLayer = L.GridLayer.extend({
    options: {
      tileSize: SIZE,
      keepBuffer: 1,
      noWrap: true,
      updateWhenIdle: false,
      updateWhenZooming: false
    },

    /* `spec`: url, state, symbols, opacity, detailZoom (of the map), kind, labels … */
    initialize: function (spec, options) {
      L.setOptions(this, options);
      this._spec = spec;
      this._load(spec);
    },

    /* Takes another state or other symbols; resolves when the picture shows them. */
    restyle: function (spec) {
      var before = this._spec;
      var same = spec.state === before.state;
      this._spec = spec;
      if (same && looks(spec) === looks(before)) { return Promise.resolve(); }
      if (!same) { this._load(spec); }
      var self = this;
      return this._classes.then(function () {
        if (self._spec !== spec) { return undefined; } /* overtaken by a later one */
        return Promise.all(Object.values(self._tiles).map(function (entry) {
          return self._refresh(entry, same);
        }));
      }).then(function () { self.fire("restyled"); });
    },

    isSame: function (spec) { return spec.url === this._spec.url; },

    _load: function (spec) {
      var self = this;
      this._classes = bytesOf(spec.url + "state/" + spec.state).then(function (buffer) {
        var classes = new Uint8Array(buffer);
        if (self._spec.state === spec.state) { self._shown = classes; }
        return classes;
      });
      this._classes.catch(function (error) { console.warn("Yangpu Atlas:", error.message); });
    },

    _counted: function (zoom) { return zoom < this._spec.detail_zoom; },

    _address: function (coords) {
      /* A tile of 512 pixels is one zoom above the map's own tiles of 256. */
      var address = this._spec.url + [coords.z - 1, coords.x, coords.y].join("/") + ".mvt";
      return this._counted(coords.z) ? address + "?state=" + this._spec.state : address;
    },

    createTile: function (coords, done) {
      var canvas = blank();
      this._fill(canvas, coords).then(
        function () { done(null, canvas); }, function (error) { done(error, canvas); }
      );
      return canvas;
    },

    _fill: function (canvas, coords) {
      var self = this;
      return Promise.all([bytesOf(this._address(coords)), this._classes]).then(function (found) {
        canvas.atlas.content = AtlasMvt.decode(found[0])[0];
        self._draw(canvas, coords, found[1]);
      });
    },

    _refresh: function (entry, sameState) {
      var self = this;
      var coords = entry.coords;
      if (!entry.el.atlas.content) { return undefined; }
      if (this._counted(coords.z) && !sameState) { return this._fill(entry.el, coords); }
      return this._classes.then(function (classes) { self._draw(entry.el, coords, classes); });
    },

    _draw: function (canvas, coords, classes) {
      var ctx = cleared(canvas);
      if (this._counted(coords.z)) {
        this._drawCells(ctx, canvas.atlas.content);
      } else {
        this._drawFeatures(ctx, canvas.atlas.content, classes);
      }
    },

    _drawCells: function (ctx, content) {
      for (var i = 0; i < content.ids.length; i++) {
        var symbol = this._spec.symbols[content.property(i, "c")];
        if (!symbol) { continue; }
        var box = 4 * i;
        var x = content.boxes[box] / SCALE, y = content.boxes[box + 1] / SCALE;
        var size = (content.boxes[box + 2] - content.boxes[box]) / SCALE;
        ctx.globalAlpha = this._spec.opacity * (0.12 + 0.0078 * content.property(i, "s"));
        ctx.fillStyle = symbol.fill === "none" ? symbol.stroke : paint(symbol);
        ctx.fillRect(x + 0.5, y + 0.5, size - 1, size - 1);
      }
      ctx.globalAlpha = 1;
    },

    _drawFeatures: function (ctx, content, classes) {
      var groups = {};
      for (var i = 0; i < content.ids.length; i++) {
        var number = classes[content.ids[i]];
        if (number === HIDDEN || number === undefined) { continue; }
        var kind = content.kinds[i];
        /* Areas lie below lines, lines below points. */
        var key = (3 - kind) * 256 + number;
        (groups[key] = groups[key] || { kind: kind, number: number, members: [] }).members.push(i);
      }
      var self = this;
      Object.keys(groups).forEach(function (key) { /* whole numbers come in their order */
        var group = groups[key];
        var symbol = self._spec.symbols[group.number];
        if (symbol) { self._drawGroup(ctx, content, group.kind, symbol, group.members); }
      });
    },

    _drawGroup: function (ctx, content, kind, symbol, members) {
      var opacity = this._spec.opacity;
      var paths = [];
      for (var n = 0; n < members.length; n++) {
        if (n % AT_ONCE === 0) { paths.push(new Path2D()); }
        var last = paths[paths.length - 1];
        if (kind === POINT) {
          pointPath(last, content, members[n], symbol);
        } else {
          path(last, content, members[n], kind);
        }
      }
      if (kind !== LINE && symbol.fill !== "none") {
        ctx.globalAlpha = opacity * symbol.fill_opacity;
        ctx.fillStyle = paint(symbol);
        paths.forEach(function (path) { ctx.fill(path); });
      }
      if (symbol.width > 0 && symbol.stroke !== "none") {
        ctx.globalAlpha = opacity * symbol.opacity;
        ctx.strokeStyle = symbol.stroke;
        ctx.lineWidth = symbol.width;
        ctx.lineJoin = "round";
        ctx.setLineDash(symbol.dash ? symbol.dash.split(" ").map(Number) : []);
        paths.forEach(function (path) { ctx.stroke(path); });
      }
      ctx.globalAlpha = 1;
    },

    /* The topmost shown feature at a place of the map, or null. */
    hit: function (latlng, reach) {
      var zoom = this._tileZoom;
      if (zoom === undefined) { return null; }
      var point = this._map.project(latlng, zoom).divideBy(SIZE);
      var column = Math.floor(point.x), row = Math.floor(point.y);
      var entry = this._tiles[column + ":" + row + ":" + zoom];
      var content = entry && entry.el.atlas.content;
      if (!content) { return null; }
      var x = (point.x - column) * EXTENT, y = (point.y - row) * EXTENT;
      if (this._counted(zoom)) { return this._hitCell(content, x, y); }
      for (var i = content.ids.length - 1; i >= 0; i--) {
        if (this._isShown(content.ids[i]) && content.covers(i, x, y, this._reach(content, i, reach))) {
          return { row: content.ids[i], name: content.property(i, "name"), count: 1 };
        }
      }
      return null;
    },

    _reach: function (content, i, reach) {
      if (content.kinds[i] !== POINT) { return reach * SCALE; }
      var symbol = this._spec.symbols[this._shown[content.ids[i]]];
      return Math.max(reach, symbol ? symbol.size / 2 : 0) * SCALE;
    },

    _hitCell: function (content, x, y) {
      for (var i = 0; i < content.ids.length; i++) {
        if (content.covers(i, x, y, 0)) {
          return { row: null, name: "", count: content.property(i, "n") };
        }
      }
      return null;
    },

    _isShown: function (row) {
      var number = this._shown && this._shown[row];
      return number !== undefined && number !== HIDDEN;
    },

    /* The pieces of a feature in the tiles at hand: [{kind, closed, points: [LatLng]}]. */
    pieces: function (row) {
      var found = [];
      var self = this;
      this._eachContent(function (content, coords) {
        content.ids.forEach(function (id, i) {
          if (id === row) { found = found.concat(self._outline(content, coords, i)); }
        });
      });
      return found;
    },

    /* Outlines of shown features within bounds, for snapping: [{closed, points: [[lng, lat]]}];
     * the row `except` is left out. */
    near: function (bounds, except) {
      var found = [];
      var self = this;
      this._eachContent(function (content, coords) {
        if (self._counted(coords.z)) { return; }
        var a = self._unitsOf(bounds.getNorthWest(), coords);
        var b = self._unitsOf(bounds.getSouthEast(), coords);
        for (var i = 0; i < content.ids.length; i++) {
          var box = 4 * i;
          if (content.boxes[box] > b.x || content.boxes[box + 2] < a.x ||
              content.boxes[box + 1] > b.y || content.boxes[box + 3] < a.y ||
              content.ids[i] === except || !self._isShown(content.ids[i])) { continue; }
          self._outline(content, coords, i).forEach(function (piece) {
            found.push({
              closed: piece.closed,
              points: piece.points.map(function (p) { return [p.lng, p.lat]; })
            });
          });
        }
      });
      return found;
    },

    /* Names and places of the largest shown features in view, for labels. */
    names: function (view) {
      var found = [];
      var self = this;
      this._eachContent(function (content, coords) {
        if (self._counted(coords.z)) { return; }
        for (var i = 0; i < content.ids.length; i++) {
          var box = 4 * i;
          var x = (content.boxes[box] + content.boxes[box + 2]) / 2;
          var y = (content.boxes[box + 1] + content.boxes[box + 3]) / 2;
          /* The middle lies in one tile only, so no name is met twice. */
          if (x < 0 || y < 0 || x >= EXTENT || y >= EXTENT || !self._isShown(content.ids[i])) { continue; }
          var at = self._latlng(x, y, coords);
          if (!view.contains(at)) { continue; }
          var text = content.property(i, "name");
          var size = content.boxes[box + 2] - content.boxes[box];
          if (text) { found.push({ at: at, text: text, size: size, point: content.kinds[i] === POINT }); }
        }
      });
      found.sort(function (a, b) { return b.size - a.size; });
      return found.slice(0, MOST_LABELS);
    },

    _eachContent: function (visit) {
      Object.values(this._tiles || {}).forEach(function (entry) {
        if (entry.current && entry.el.atlas.content) { visit(entry.el.atlas.content, entry.coords); }
      });
    },

    _outline: function (content, coords, i) {
      var pieces = [];
      for (var p = content.path[i]; p < content.path[i + 1]; p++) {
        var points = [];
        for (var v = content.start[p]; v < content.start[p + 1]; v++) {
          points.push(this._latlng(content.vertices[2 * v], content.vertices[2 * v + 1], coords));
        }
        pieces.push({ kind: content.kinds[i], closed: content.kinds[i] === AREA, points: points });
      }
      return pieces;
    },

    _latlng: function (x, y, coords) {
      var point = L.point(coords.x + x / EXTENT, coords.y + y / EXTENT).multiplyBy(SIZE);
      return this._map.unproject(point, coords.z);
    },

    _unitsOf: function (latlng, coords) {
      var point = this._map.project(latlng, coords.z).divideBy(SIZE);
      return L.point((point.x - coords.x) * EXTENT, (point.y - coords.y) * EXTENT);
    }
  });

  /* What a picture depends on besides the state. */
  function looks(spec) { return JSON.stringify([spec.symbols, spec.opacity]); }

  function path(ctx, content, i, kind) {
    var v = content.vertices;
    var scale = content.extent / SIZE;
    for (var p = content.path[i]; p < content.path[i + 1]; p++) {
      var from = content.start[p], to = content.start[p + 1];
      ctx.moveTo(v[2 * from] / scale, v[2 * from + 1] / scale);
      for (var n = from + 1; n < to; n++) { ctx.lineTo(v[2 * n] / scale, v[2 * n + 1] / scale); }
      if (kind === AREA) { ctx.closePath(); }
    }
  }

  function pointPath(ctx, content, i, symbol) {
    var unit = AtlasSymbols.SHAPES[symbol.shape];
    var radius = symbol.size / 2;
    for (var n = content.start[content.path[i]]; n < content.start[content.path[i + 1]]; n++) {
      var x = content.vertices[2 * n] / SCALE, y = content.vertices[2 * n + 1] / SCALE;
      if (!unit) {
        ctx.moveTo(x + radius, y);
        ctx.arc(x, y, radius, 0, 2 * Math.PI);
        continue;
      }
      unit.forEach(function (corner, k) {
        ctx[k ? "lineTo" : "moveTo"](x + corner[0] * radius, y + corner[1] * radius);
      });
      ctx.closePath();
    }
  }

  /* How the layers of a base map of any schema are drawn: pale, below everything.
   * The first rule whose words occur in the name of a layer counts. */
  var GROUND = [
    { words: /water|ocean|river|sea/, fill: "#cfe0ea", stroke: "#b5cedd" },
    { words: /building/, fill: "#e3e1dc", stroke: "#d3d0c9" },
    { words: /road|transport|street|highway|path/, fill: "none", stroke: "#c3c8ce" },
    { words: /rail|transit/, fill: "none", stroke: "#b3a9b5" },
    { words: /boundar|admin/, fill: "none", stroke: "#a9a3b8" },
    { words: /park|green|wood|forest|grass|landcover|natural/, fill: "#e2ecdd", stroke: "none" },
    { words: /./, fill: "#ecedef", stroke: "#d6dade" }
  ];

  var BaseLayer = L.GridLayer.extend({
    options: { tileSize: SIZE, keepBuffer: 1, noWrap: true },

    initialize: function (url, options) {
      L.setOptions(this, options);
      this._url = url;
    },

    createTile: function (coords, done) {
      var canvas = blank();
      bytesOf(this._url + [coords.z - 1, coords.x, coords.y].join("/")).then(function (buffer) {
        var ctx = cleared(canvas);
        var layers = AtlasMvt.decode(buffer);
        GROUND.slice().reverse().forEach(function (rule) {
          layers.filter(function (layer) { return ruleOf(layer.name) === rule; })
            .forEach(function (layer) { drawGround(ctx, layer, rule); });
        });
        done(null, canvas);
      }).catch(function (error) { done(error, canvas); });
      return canvas;
    }
  });

  function ruleOf(name) {
    return GROUND.filter(function (rule) { return rule.words.test(name.toLowerCase() || " "); })[0];
  }

  function drawGround(ctx, content, rule) {
    [AREA, LINE].forEach(function (kind) {
      ctx.beginPath();
      content.kinds.forEach(function (found, i) {
        if (found === kind) { path(ctx, content, i, kind); }
      });
      if (kind === AREA && rule.fill !== "none") {
        ctx.fillStyle = rule.fill;
        ctx.fill();
      }
      if (rule.stroke !== "none") {
        ctx.strokeStyle = rule.stroke;
        ctx.lineWidth = kind === AREA ? 0.6 : 1.2;
        ctx.stroke();
      }
    });
  }

  window.AtlasTiles = { TileLayer: TileLayer, BaseLayer: BaseLayer };
})();
