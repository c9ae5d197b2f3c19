/* Yangpu Atlas map helper.
 *
 * Draws layers that Python describes as plain data. All text reaches the page
 * through textContent, so nothing that stands in a data field can become HTML
 * or script. The view is remembered in the browser, so no rerun of the page
 * can move the map.
 */
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
    cross: [
      [-0.38, -1.1], [0.38, -1.1], [0.38, -0.38], [1.1, -0.38], [1.1, 0.38], [0.38, 0.38],
      [0.38, 1.1], [-0.38, 1.1], [-0.38, 0.38], [-1.1, 0.38], [-1.1, -0.38], [-0.38, -0.38]
    ]
  };

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

  function tooltip(properties) {
    var box = document.createElement("div");
    box.className = "atlas-tip";
    [["name", properties.name], ["kind", properties.kind]].forEach(function (entry) {
      if (!entry[1]) { return; }
      var line = document.createElement("div");
      line.className = entry[0];
      line.textContent = entry[1];
      box.appendChild(line);
    });
    return box;
  }

  function label(latlng, text, className, minZoom, priority) {
    var box = document.createElement("span");
    box.textContent = text;
    var marker = L.marker(latlng, {
      icon: L.divIcon({ className: "atlas-label " + className, html: box, iconSize: [0, 0] }),
      interactive: false,
      keyboard: false
    });
    marker.atlasLabel = { minZoom: minZoom, priority: priority };
    return marker;
  }

  /* Labels never cover each other: the more important one stays. */
  function declutter(map) {
    var labels = [];
    map.eachLayer(function (layer) {
      if (layer.atlasLabel && layer.getElement()) { labels.push(layer); }
    });
    labels.sort(function (a, b) { return b.atlasLabel.priority - a.atlasLabel.priority; });
    var taken = [];
    var zoom = map.getZoom();
    labels.forEach(function (marker) {
      var element = marker.getElement();
      var rect = element.firstChild.getBoundingClientRect();
      var box = [rect.left - 3, rect.top - 1, rect.right + 3, rect.bottom + 1];
      var free = zoom >= marker.atlasLabel.minZoom && taken.every(function (t) {
        return box[2] < t[0] || box[0] > t[2] || box[3] < t[1] || box[1] > t[3];
      });
      element.classList.toggle("hidden", !free);
      if (free) { taken.push(box); }
    });
  }

  function addLayer(group, spec) {
    var interactive = spec.interactive !== false;
    var layer = L.geoJSON(spec.data, {
      style: function (feature) {
        return pathOptions(spec.symbols[feature.properties.symbol], spec.opacity, interactive);
      },
      pointToLayer: function (feature, latlng) {
        var symbol = spec.symbols[feature.properties.symbol];
        return new Symbol(latlng, pathOptions(symbol, spec.opacity, interactive));
      },
      onEachFeature: function (feature, item) {
        if (interactive) {
          item.bindTooltip(tooltip(feature.properties), { sticky: true, direction: "top" });
        }
      }
    });
    layer.eachLayer(function (item) {
      group.addLayer(item);
      var text = item.feature.properties.label;
      if (text) {
        var at = item.getLatLng ? item.getLatLng() : item.getBounds().getCenter();
        var anchor = item.feature.properties.anchor;
        if (anchor) { at = L.latLng(anchor[1], anchor[0]); }
        var kind = spec.label_class || (item.getLatLng ? "point" : "area");
        group.addLayer(label(at, text, kind, spec.label_min_zoom, spec.priority));
      }
    });
  }

  function corner(position, className, fill) {
    var control = L.control({ position: position });
    control.onAdd = function () {
      var box = L.DomUtil.create("div", className);
      L.DomEvent.disableClickPropagation(box);
      fill(box);
      return box;
    };
    return control;
  }

  function northArrow(box) {
    var svg = document.createElementNS(SVG_NS, "svg");
    svg.setAttribute("viewBox", "0 0 24 34");
    svg.setAttribute("width", "22");
    svg.setAttribute("height", "32");
    var arrow = document.createElementNS(SVG_NS, "path");
    arrow.setAttribute("d", "M12 11L19 32L12 27L5 32Z");
    arrow.setAttribute("fill", "#1f2d3a");
    var letter = document.createElementNS(SVG_NS, "text");
    letter.setAttribute("x", "12");
    letter.setAttribute("y", "9");
    letter.setAttribute("text-anchor", "middle");
    letter.setAttribute("font-size", "10");
    letter.setAttribute("font-weight", "700");
    letter.textContent = "N";
    svg.appendChild(letter);
    svg.appendChild(arrow);
    box.appendChild(svg);
  }

  function remembered(key) {
    try {
      return JSON.parse(window.sessionStorage.getItem(key));
    } catch (error) {
      return null; /* storage may be switched off: the map then opens at home */
    }
  }

  function remember(key, value) {
    try {
      window.sessionStorage.setItem(key, JSON.stringify(value));
    } catch (error) {
      return;
    }
  }

  /* Shows `bounds` until the user moves the map, whatever size the frame takes meanwhile. */
  function aim(map, bounds, options) {
    map.atlas.aim = { bounds: bounds, options: options };
    fit(map);
  }

  function fit(map) {
    var size = map.getSize();
    if (size.x < 120 || size.y < 120) { return; } /* hidden: fitted when it gets its size */
    var options = L.extend(
      { animate: false, paddingTopLeft: [16, 16], paddingBottomRight: [16, 56] },
      map.atlas.aim.options
    );
    map.atlas.quiet = true;
    map.fitBounds(map.atlas.aim.bounds, options);
    map.atlas.quiet = false;
  }

  /* Called once, when the map is made. */
  function init(map, options) {
    var home = L.latLngBounds(options.bounds);
    var key = "atlas-view-" + options.key;
    map.attributionControl.setPrefix(false);
    map.atlas = { key: key, marks: null, aim: null, quiet: false };
    var saved = remembered(key);
    if (saved) {
      map.setView(saved.center, saved.zoom, { animate: false });
    } else {
      aim(map, home, {});
    }
    map.on("moveend zoomend", function () {
      if (!map.atlas.quiet) {
        map.atlas.aim = null; /* the user has taken over */
        remember(key, { center: map.getCenter(), zoom: map.getZoom() });
      }
      declutter(map);
    });
    new ResizeObserver(function () {
      map.atlas.quiet = true;
      map.invalidateSize({ animate: false });
      map.atlas.quiet = false;
      if (map.atlas.aim) { fit(map); }
      declutter(map);
    }).observe(map.getContainer());
    /* The frame does not wait for its styles, and labels have no size without them. */
    document.querySelectorAll("link[rel=stylesheet]").forEach(function (link) {
      link.addEventListener("load", function () { declutter(map); });
    });
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);

    corner("topleft", "leaflet-bar", function (box) {
      var link = L.DomUtil.create("a", "atlas-home", box);
      link.href = "#";
      link.role = "button";
      link.title = options.home_title;
      link.setAttribute("aria-label", options.home_title);
      link.textContent = "⌂";
      L.DomEvent.on(link, "click", function (event) {
        L.DomEvent.stop(event);
        window.sessionStorage.removeItem(key);
        aim(map, home, {});
      });
    }).addTo(map);
    corner("topright", "atlas-control atlas-north", northArrow).addTo(map);
    corner("bottomright", "atlas-control atlas-coords", function (box) {
      box.textContent = options.crs_title;
      map.on("mousemove", function (event) {
        box.textContent =
          event.latlng.lng.toFixed(5) + "°E  " + event.latlng.lat.toFixed(5) + "°N";
      });
    }).addTo(map);
  }

  /* Called with each new picture: `group` is emptied by the page beforehand. */
  function draw(map, group, picture) {
    picture.layers.forEach(function (spec) { addLayer(group, spec); });
    if (map.atlas.marks) { map.atlas.marks.remove(); map.atlas.marks = null; }
    if (picture.marks.length) {
      map.atlas.marks = corner("bottomleft", "atlas-marks", function (box) {
        picture.marks.forEach(function (mark) {
          L.DomUtil.create("span", "", box).textContent = mark;
        });
      }).addTo(map);
    }
    map.attributionControl.getContainer().textContent = picture.attribution;
    var focus = picture.focus;
    if (focus && remembered(map.atlas.key + "-focus") !== focus.token) {
      remember(map.atlas.key + "-focus", focus.token);
      aim(map, L.latLngBounds(focus.bounds), { maxZoom: 16 });
    }
    window.requestAnimationFrame(function () { declutter(map); });
  }

  window.AtlasMap = { init: init, draw: draw };
})();
