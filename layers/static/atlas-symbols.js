/* Symbols of the map of Yangpu Atlas: shapes of points, hatches, options of a path. */
(function () {
  "use strict";

  var SVG_NS = "http://www.w3.org/2000/svg";

  /* Point symbols: unit shapes in [-1, 1], drawn with the radius of the symbol. */
  var SHAPES = {
    square: [[-0.86, -0.86], [0.86, -0.86], [0.86, 0.86], [-0.86, 0.86]],
    diamond: [[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0]],
    triangle: [[0, -1.1], [1.05, 0.8], [-1.05, 0.8]],
    pentagon: ring(5, 1.08, 1.08),
    star: ring(5, 1.25, 0.52),
    lock: padlock(),
    cross: [
      [-0.38, -1.1], [0.38, -1.1], [0.38, -0.38], [1.1, -0.38], [1.1, 0.38], [0.38, 0.38],
      [0.38, 1.1], [-0.38, 1.1], [-0.38, 0.38], [-1.1, 0.38], [-1.1, -0.38], [-0.38, -0.38]
    ]
  };

  /* A body, and a bow that stands on it. */
  function padlock() {
    var vertices = [[-0.95, 1.05], [-0.95, -0.15]];
    [[0.68, 1], [0.38, -1]].forEach(function (bow) {
      for (var i = -8; i <= 8; i++) {
        var angle = -Math.PI / 2 + (bow[1] * i * Math.PI) / 16;
        vertices.push([bow[0] * Math.cos(angle), -0.15 + 1.2 * bow[0] * Math.sin(angle)]);
      }
    });
    return vertices.concat([[0.95, -0.15], [0.95, 1.05]]);
  }

  function ring(points, outer, inner) {
    var vertices = [];
    var steps = outer === inner ? points : 2 * points;
    for (var i = 0; i < steps; i++) {
      var radius = i % 2 && outer !== inner ? inner : outer;
      var angle = -Math.PI / 2 + (2 * Math.PI * i) / steps;
      vertices.push([radius * Math.cos(angle), radius * Math.sin(angle)]);
    }
    return vertices;
  }

  var Symbol = L.CircleMarker.extend({
    _updatePath: function () {
      var unit = SHAPES[this.options.shape];
      if (!unit) {
        L.CircleMarker.prototype._updatePath.call(this);
        return;
      }
      var p = this._point;
      var r = this._radius;
      var path = unit.map(function (v) {
        return (p.x + v[0] * r).toFixed(1) + " " + (p.y + v[1] * r).toFixed(1);
      });
      this._renderer._setPath(this, "M" + path.join("L") + "z");
    }
  });

  /* Hatch patterns let classes be told apart without colour. */
  var HATCHES = {
    diagonal: { size: 9, path: "M-2 2L2 -2M0 9L9 0M7 11L11 7" },
    back: { size: 9, path: "M-2 7L2 11M0 0L9 9M7 -2L11 2" },
    horizontal: { size: 8, path: "M0 4L8 4" },
    vertical: { size: 8, path: "M4 0L4 8" },
    cross: { size: 9, path: "M0 4.5L9 4.5M4.5 0L4.5 9" },
    dots: { size: 7, path: "M3.5 3L3.5 4" }
  };

  function hatchFill(kind, colour) {
    var hatch = HATCHES[kind];
    if (!hatch) { return colour; }
    var id = "hatch-" + kind + "-" + colour.replace(/[^0-9a-zA-Z]/g, "");
    if (!document.getElementById(id)) {
      var svg = document.createElementNS(SVG_NS, "svg");
      svg.setAttribute("width", "0");
      svg.setAttribute("height", "0");
      svg.style.position = "absolute";
      var pattern = document.createElementNS(SVG_NS, "pattern");
      pattern.setAttribute("id", id);
      pattern.setAttribute("patternUnits", "userSpaceOnUse");
      pattern.setAttribute("width", hatch.size);
      pattern.setAttribute("height", hatch.size);
      var ground = document.createElementNS(SVG_NS, "rect");
      ground.setAttribute("width", hatch.size);
      ground.setAttribute("height", hatch.size);
      ground.setAttribute("fill", colour);
      ground.setAttribute("fill-opacity", "0.45");
      var stroke = document.createElementNS(SVG_NS, "path");
      stroke.setAttribute("d", hatch.path);
      stroke.setAttribute("stroke", colour);
      stroke.setAttribute("stroke-width", "1.6");
      stroke.setAttribute("stroke-linecap", "round");
      pattern.appendChild(ground);
      pattern.appendChild(stroke);
      svg.appendChild(pattern);
      document.body.appendChild(svg);
    }
    return "url(#" + id + ")";
  }

  function pathOptions(symbol, opacity, interactive) {
    return {
      shape: symbol.shape,
      radius: symbol.size / 2,
      color: symbol.stroke,
      weight: symbol.width,
      opacity: opacity * symbol.opacity,
      dashArray: symbol.dash || null,
      fill: symbol.fill !== "none",
      fillColor: hatchFill(symbol.hatch, symbol.fill),
      fillOpacity: opacity * symbol.fill_opacity,
      interactive: interactive,
      bubblingMouseEvents: true,
      className: symbol.className || ""
    };
  }

  window.AtlasSymbols = { SHAPES: SHAPES, Symbol: Symbol, pathOptions: pathOptions };
})();
