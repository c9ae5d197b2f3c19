/* Yangpu Atlas map: draws what Python describes as plain data.
 *
 * All text reaches the page through textContent, so nothing that stands in a data
 * field can become HTML or script. The view is remembered in the browser, so no
 * rerun of the page can move the map. Layers of tiles stay when a picture changes.
 */
(function () {
  "use strict";

  var REACH = 5; /* pixels around the pointer that still count */
  var TOP = 480; /* z-index of highlights; layers are below, labels above */
  var BOTTOM = 400;

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

  /* Panes keep the order of layers whatever they are drawn with. */
  function pane(map, level, side) {
    var name = "atlas-" + level + (side ? "-" + side : "");
    if (!map.getPane(name)) { map.createPane(name).style.zIndex = BOTTOM + level; }
    if (side) { map.atlas.sides[name] = side; }
    return name;
  }

  function renderer(map, name) {
    var known = map.atlas.renderers;
    if (!known[name]) { known[name] = L.svg({ pane: name }); }
    return known[name];
  }

  function addVectors(map, group, spec, name, level) {
    var interactive = spec.interactive !== false;
    function options(feature) {
      var found = AtlasSymbols.pathOptions(
        spec.symbols[feature.properties.symbol], spec.opacity, interactive
      );
      if (/LineString$/.test(feature.geometry.type)) { found.fill = false; }
      found.pane = name;
      found.renderer = renderer(map, name);
      return found;
    }
    L.geoJSON(spec.data, {
      style: options,
      pointToLayer: function (feature, latlng) {
        return new AtlasSymbols.Symbol(latlng, options(feature));
      }
    }).eachLayer(function (item) {
      group.addLayer(item);
      if (interactive) { listen(map, item, level); }
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

  function listen(map, item, level) {
    /* A stop of the Tab key for every feature would hide the tools behind hundreds of them;
     * the search, the table and the panel reach features by keyboard. */
    item._addFocusListeners = L.Util.falseFn;
    item.bindTooltip(tooltip(item.feature.properties), { sticky: true, direction: "top" });
    item.on("mouseover", function () { map.atlas.over = level; });
    item.on("mouseout", function () { map.atlas.over = -1; });
    item.on("click", function () { map.atlas.hit = { level: level, feature: item.feature.id }; });
  }

  function addTiles(map, spec, name, level) {
    var known = map.atlas.tiles;
    var id = (spec.side || "") + spec.tiles.url;
    var drawing = L.extend({}, spec.tiles, {
      symbols: spec.symbols, opacity: spec.opacity, kind: spec.kind, key: spec.key,
      labels: spec.labels, label_min_zoom: spec.label_min_zoom, priority: spec.priority,
      interactive: spec.interactive !== false, side: spec.side || ""
    });
    var layer = known[id];
    if (layer) {
      map.getPane(name).appendChild(layer.getContainer());
      layer.restyle(drawing);
    } else {
      layer = known[id] = new AtlasTiles.TileLayer(drawing, { pane: name });
      layer.on("load restyled", function () { relabel(map); });
      layer.addTo(map);
    }
    layer.atlasLevel = level;
    return id;
  }

  /* Adds the layers of a picture, bottom first; tiles that are still wanted stay. */
  function addLayers(map, group, specs) {
    var level = 0;
    var last = "";
    var wanted = {};
    specs.forEach(function (spec) {
      var sort = (spec.tiles ? "tiles" : "vectors") + (spec.side || "");
      if (sort !== last || spec.tiles) { level += 1; }
      last = sort;
      var name = pane(map, level, spec.side);
      if (spec.tiles) {
        wanted[addTiles(map, spec, name, level)] = true;
      } else {
        addVectors(map, group, spec, name, level);
      }
    });
    Object.keys(map.atlas.tiles).forEach(function (id) {
      if (wanted[id]) { return; }
      map.atlas.tiles[id].remove();
      delete map.atlas.tiles[id];
    });
  }

  /* Labels of features that are drawn as tiles. */
  function relabel(map) {
    map.atlas.names.clearLayers();
    Object.values(map.atlas.tiles).forEach(function (layer) {
      var spec = layer._spec;
      if (!spec.labels || map.getZoom() < spec.label_min_zoom) { return; }
      layer.names(map.getBounds()).forEach(function (found) {
        map.atlas.names.addLayer(label(
          found.at, found.text, found.point ? "point" : "area", spec.label_min_zoom, spec.priority
        ));
      });
    });
    declutter(map);
  }

  /* What lies under the pointer in layers of tiles above `over`, topmost first. */
  function tileHit(map, latlng, over) {
    var best = null;
    Object.values(map.atlas.tiles).forEach(function (layer) {
      if (!layer._spec.interactive || layer.atlasLevel <= (best ? best.level : over)) { return; }
      if (layer._spec.side && layer._spec.side !== AtlasTools.sideOf(map, latlng)) { return; }
      var found = layer.hit(latlng, REACH);
      if (found) { best = { level: layer.atlasLevel, layer: layer, found: found }; }
    });
    return best;
  }

  function hover(map, latlng) {
    var state = map.atlas;
    var hit = state.busy ? null : tileHit(map, latlng, state.over);
    var mark = hit ? hit.layer._spec.url + hit.found.row + "/" + hit.found.count : "";
    map.getContainer().classList.toggle("atlas-pointing", Boolean(hit));
    if (mark !== state.hovered) {
      state.hovered = mark;
      state.light.clearLayers();
      if (hit) {
        if (hit.found.row !== null) { highlight(state.light, hit.layer.pieces(hit.found.row)); }
        var many = state.texts.counted.replace("{n}", hit.found.count);
        state.tip.setContent(tooltip({
          name: hit.found.row === null ? many : hit.found.name,
          kind: hit.layer._spec.kind
        }));
      }
    }
    if (hit) {
      state.tip.setLatLng(latlng).openOn(map);
    } else {
      state.tip.remove();
    }
  }

  function highlight(group, pieces) {
    pieces.forEach(function (piece) {
      var options = {
        pane: "atlas-light", interactive: false, color: "#c2185b", weight: 2.5,
        fill: piece.closed, fillColor: "#c2185b", fillOpacity: 0.12
      };
      if (piece.kind === AtlasMvt.POINT) {
        piece.points.forEach(function (at) {
          group.addLayer(L.circleMarker(at, L.extend({ radius: 9 }, options)));
        });
      } else {
        group.addLayer((piece.closed ? L.polygon : L.polyline)(piece.points, options));
      }
    });
  }

  /* Tells Python what was clicked: a feature that was drawn by itself, or a place
   * in a layer of tiles, which Python looks up in the data. */
  function click(map, event) {
    var state = map.atlas;
    var vector = state.hit;
    state.hit = null;
    if (state.busy) { return; }
    var hit = tileHit(map, event.latlng, vector ? vector.level : -1);
    if (!hit) {
      if (vector) { AtlasTools.send(map, { kind: "click", feature: vector.feature }); }
    } else if (hit.found.row === null) {
      map.setView(event.latlng, Math.max(hit.layer._spec.detail_zoom, map.getZoom() + 1));
    } else {
      var below = map.containerPointToLatLng(event.containerPoint.add([0, REACH]));
      AtlasTools.send(map, {
        kind: "click", layer: hit.layer._spec.key, side: hit.layer._spec.side,
        lng: event.latlng.lng, lat: event.latlng.lat,
        tolerance: Math.abs(event.latlng.lat - below.lat)
      });
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

  function start(map, options) {
    map.attributionControl.setPrefix(false);
    map.createPane("atlas-light").style.zIndex = TOP;
    map.getPane("atlas-light").style.pointerEvents = "none";
    map.atlas = {
      key: "atlas-view-" + options.key,
      texts: options.texts,
      options: options,
      marks: null,
      aim: null,
      quiet: false,
      busy: false,
      over: -1,
      hit: null,
      hovered: "",
      sides: {},
      renderers: {},
      tiles: {},
      names: L.layerGroup().addTo(map),
      light: L.layerGroup().addTo(map),
      tip: L.tooltip({ sticky: true, direction: "top", offset: [0, -4] })
    };
  }

  /* A local base map: vectors are cut in tiles of 512 pixels, pictures in tiles of 256. */
  function addGround(map, ground) {
    map.createPane("atlas-ground").style.zIndex = 150;
    if (ground.vector) {
      new AtlasTiles.BaseLayer(ground.url, {
        pane: "atlas-ground", minNativeZoom: ground.min_zoom + 1, maxNativeZoom: ground.max_zoom + 1
      }).addTo(map);
    } else {
      L.tileLayer(ground.url + "{z}/{x}/{y}", {
        pane: "atlas-ground", minNativeZoom: ground.min_zoom, maxNativeZoom: ground.max_zoom,
        noWrap: true
      }).addTo(map);
    }
  }

  /* Called once, when the map is made. */
  function init(map, options) {
    start(map, options);
    var home = L.latLngBounds(options.bounds);
    if (options.ground) { addGround(map, options.ground); }
    var saved = AtlasTools.remembered(map.atlas.key);
    if (saved) {
      map.setView(saved.center, saved.zoom, { animate: false });
    } else {
      aim(map, home, {});
    }
    map.on("moveend zoomend", function () {
      if (!map.atlas.quiet) {
        map.atlas.aim = null; /* the user has taken over */
        AtlasTools.remember(map.atlas.key, { center: map.getCenter(), zoom: map.getZoom() });
      }
      relabel(map);
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
    follow(map);
    AtlasTools.controls(map, function () {
      AtlasTools.forget(map.atlas.key);
      aim(map, home, {});
    });
    AtlasEditor.attach(map, {
      texts: options.texts,
      send: function (message) { AtlasTools.send(map, message); },
      measure: options.measure
    });
    map.atlas.snapSources.push(function (bounds) {
      return Object.values(map.atlas.tiles).reduce(function (found, layer) {
        var edited = map.atlas.edited;
        var except = edited && edited.layer === layer._spec.key ? edited.row : null;
        return found.concat(layer.near(bounds, except));
      }, []);
    });
  }

  function follow(map) {
    var waiting = null;
    map.on("mousemove", function (event) {
      if (!waiting) {
        window.requestAnimationFrame(function () {
          hover(map, waiting);
          waiting = null;
        });
      }
      waiting = event.latlng;
    });
    map.on("mouseout movestart", function () {
      map.atlas.hovered = "";
      map.atlas.light.clearLayers();
      map.atlas.tip.remove();
    });
    map.on("click", function (event) { click(map, event); });
  }

  /* Called with each new picture: `group` is emptied by the page beforehand. */
  function draw(map, group, picture) {
    move(map, picture.focus); /* first, so that no tile is fetched for a view that is left */
    addLayers(map, group, picture.layers);
    if (map.atlas.marks) { map.atlas.marks.remove(); map.atlas.marks = null; }
    if (picture.marks.length) {
      map.atlas.marks = AtlasTools.corner("bottomleft", "atlas-marks", function (box) {
        picture.marks.forEach(function (mark) {
          L.DomUtil.create("span", "", box).textContent = mark;
        });
      }).addTo(map);
    }
    map.attributionControl.getContainer().textContent = picture.attribution;
    AtlasTools.swipe(map, picture.swipe);
    /* The row under work, where its layer is drawn as tiles: it must not catch itself. */
    map.atlas.edited = picture.editor && picture.editor.edited;
    AtlasEditor.update(map, picture.editor);
    window.requestAnimationFrame(function () { relabel(map); });
  }

  /* Moves the view as Python wishes, once for each wish. */
  function move(map, focus) {
    var key = map.atlas.key + "-focus";
    if (!focus || AtlasTools.remembered(key) === focus.token) { return; }
    AtlasTools.remember(key, focus.token);
    if (focus.view) {
      map.atlas.aim = null;
      map.setView([focus.view.lat, focus.view.lng], focus.view.zoom, { animate: false });
    } else {
      aim(map, L.latLngBounds(focus.bounds), { maxZoom: 16 });
    }
  }

  window.AtlasMap = { init: init, draw: draw };
})();
