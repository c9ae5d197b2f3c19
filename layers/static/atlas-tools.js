/* Tools around the map of Yangpu Atlas: controls, address, linked maps, swipe, messages. */
(function () {
  "use strict";

  var SVG_NS = "http://www.w3.org/2000/svg";
  var PLACE = "at"; /* name of the view in the address of the page */
  var sent = 0;

  /* Hands a message to the page's script; each is new, so that none is lost or repeated. */
  function send(map, message) {
    sent += 1;
    var value = L.extend({ id: Date.now() + "-" + sent, zoom: map.getZoom() }, message);
    window.Streamlit.setComponentValue({ atlas: value });
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

  function forget(key) {
    try {
      window.sessionStorage.removeItem(key);
    } catch (error) {
      return;
    }
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

  /* Icons are drawn, because not every computer has a font with such signs. */
  var ICONS = {
    home: "M3 11L12 3L21 11M6 9V20H18V9M10 20V14H14V20",
    link: "M10 14A4 4 0 0 0 15.6 14L19 10.6A4 4 0 0 0 13.4 5L12 6.4"
      + "M14 10A4 4 0 0 0 8.4 10L5 13.4A4 4 0 0 0 10.6 19L12 17.6",
    print: "M7 9V3H17V9M7 17H4V9H20V17H17M7 14H17V21H7Z"
  };

  function icon(name) {
    var svg = document.createElementNS(SVG_NS, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    var line = document.createElementNS(SVG_NS, "path");
    line.setAttribute("d", ICONS[name]);
    svg.appendChild(line);
    return svg;
  }

  function button(box, className, sign, title, press) {
    var link = L.DomUtil.create("a", className, box);
    link.href = "#";
    link.role = "button";
    link.title = title;
    link.setAttribute("aria-label", title);
    link.appendChild(icon(sign));
    L.DomEvent.on(link, "click", function (event) {
      L.DomEvent.stop(event);
      press(link);
    });
    return link;
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

  /* Adds the controls; `goHome` shows the whole area. */
  function controls(map, goHome) {
    var texts = map.atlas.texts;
    var options = map.atlas.options;
    [["_zoomInButton", texts.zoom_in], ["_zoomOutButton", texts.zoom_out]].forEach(function (e) {
      var found = map.zoomControl && map.zoomControl[e[0]];
      if (found) { found.title = e[1]; found.setAttribute("aria-label", e[1]); }
    });
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    corner("topleft", "leaflet-bar", function (box) {
      button(box, "atlas-home", "home", texts.home, goHome);
      if (options.permalink) {
        button(box, "atlas-link", "link", texts.copy_link, function (link) {
          copyLink(map, link, texts);
        });
      }
      if (options.print) {
        button(box, "atlas-print", "print", texts.print, function () { printPage(map); });
      }
    }).addTo(map);
    corner("topright", "atlas-control atlas-north", northArrow).addTo(map);
    corner("bottomright", "atlas-control atlas-coords", function (box) {
      box.textContent = texts.crs;
      map.on("mousemove", function (event) {
        box.textContent =
          event.latlng.lng.toFixed(5) + "°E  " + event.latlng.lat.toFixed(5) + "°N";
      });
    }).addTo(map);
    if (options.permalink) { keepAddress(map); }
    if (options.print) { preparePrint(map); }
    if (options.link) { linkViews(map, options.link); }
  }

  var PRINTING = "atlas-printing"; /* class of the page that gives the map its size on paper */

  /* Prints when the map has been drawn at the size of the paper. */
  function printPage(map) {
    var page = window.parent;
    layOut(map, true);
    var tries = 0;
    var timer = window.setInterval(function () {
      tries += 1;
      var waiting = Object.values(map.atlas.tiles).some(function (l) { return l.isLoading(); });
      if (tries < 3 || (waiting && tries < 50)) { return; }
      window.clearInterval(timer);
      page.print();
    }, 100);
  }

  /* Also the browser's own command prints the map at the size of the paper. */
  function preparePrint(map) {
    window.parent.addEventListener("beforeprint", function () { layOut(map, true); });
    window.parent.addEventListener("afterprint", function () { layOut(map, false); });
  }

  /* On paper the map shows what it showed on the screen, and afterwards the screen is as before. */
  function layOut(map, forPaper) {
    var state = map.atlas;
    if (!map.getContainer().isConnected || Boolean(state.screen) === forPaper) { return; }
    var shown = map.getBounds();
    var before = { center: map.getCenter(), zoom: map.getZoom() };
    window.parent.document.body.classList.toggle(PRINTING, forPaper);
    state.quiet = true;
    map.invalidateSize({ animate: false });
    if (forPaper) {
      map.fitBounds(shown, { animate: false });
    } else {
      map.setView(state.screen.center, state.screen.zoom, { animate: false });
    }
    state.quiet = false;
    state.screen = forPaper ? before : null;
  }

  function viewText(map) {
    var center = map.getCenter();
    return [center.lat.toFixed(6), center.lng.toFixed(6), map.getZoom().toFixed(2)].join(",");
  }

  /* The page's own address, with the view of the map in it. The frame is of the same
   * origin; where a browser forbids it the address just lacks the view. */
  function addressed(map) {
    var url = new URL(window.parent.location.href);
    url.searchParams.set(PLACE, viewText(map));
    return url.href.replace(/%2C/g, ",");
  }

  /* Streamlit writes the address too, each time from an older copy of it, so it is looked
   * at again and again instead of only after a move. */
  function keepAddress(map) {
    var timer = window.setInterval(function () {
      if (!map.getContainer().isConnected) { window.clearInterval(timer); return; }
      var wanted = addressed(map);
      if (map.getSize().x && window.parent.location.href !== wanted) {
        window.parent.history.replaceState(window.parent.history.state, "", wanted);
      }
    }, 400);
  }

  function copyLink(map, link, texts) {
    var clipboard = window.parent.navigator.clipboard;
    function told(text) {
      var box = document.createElement("span");
      box.textContent = text;
      map.atlas.tip.setContent(box).setLatLng(map.getCenter()).openOn(map);
      window.setTimeout(function () { map.atlas.tip.remove(); }, 2500);
    }
    if (!clipboard) { told(texts.link_failed); return; }
    clipboard.writeText(addressed(map)).then(
      function () { told(texts.link_copied); }, function () { told(texts.link_failed); }
    );
  }

  /* Maps with the same link in one browser window show the same view. */
  function linkViews(map, name) {
    var tab = window.parent.atlasWindow = window.parent.atlasWindow || String(Math.random());
    var channel = new BroadcastChannel("atlas-" + name + "-" + tab);
    var led = false; /* whether the present move was another map's */
    map.on("move", function () {
      if (led || map.atlas.quiet) { return; }
      var center = map.getCenter();
      channel.postMessage({ lat: center.lat, lng: center.lng, zoom: map.getZoom() });
    });
    channel.onmessage = function (event) {
      led = true;
      map.atlas.aim = null;
      map.setView([event.data.lat, event.data.lng], event.data.zoom, { animate: false });
      led = false;
    };
    map.on("unload", function () { channel.close(); });
  }

  /* Two sides of one map under a bar that can be moved; `titles` is null for none. */
  function swipe(map, titles) {
    var state = map.atlas;
    if (state.swiped) {
      state.swiped.remove();
      state.swiped = null;
      map.off("move zoom resize", state.clip);
      Object.keys(state.sides).forEach(function (name) { map.getPane(name).style.clip = ""; });
    }
    if (!titles) { return; }
    state.share = state.share || 0.5;
    state.clip = function () { clip(map); };
    state.swiped = bar(map, titles);
    map.on("move zoom resize", state.clip);
    clip(map);
  }

  function bar(map, titles) {
    var box = L.DomUtil.create("div", "atlas-swipe", map.getContainer());
    ["left", "right"].forEach(function (side) {
      L.DomUtil.create("span", "atlas-side " + side, box).textContent = titles[side];
    });
    var range = L.DomUtil.create("input", "", box);
    range.type = "range";
    range.min = 0;
    range.max = 1;
    range.step = 0.005;
    range.value = map.atlas.share;
    range.setAttribute("aria-label", titles.label);
    range.oninput = function () {
      map.atlas.share = Number(range.value);
      clip(map);
    };
    L.DomEvent.disableClickPropagation(range);
    L.DomEvent.on(range, "pointerdown", function () { map.dragging.disable(); });
    L.DomEvent.on(range, "pointerup change", function () { map.dragging.enable(); });
    L.DomUtil.create("div", "atlas-line", box);
    return box;
  }

  function clip(map) {
    var size = map.getSize();
    var from = map.containerPointToLayerPoint([0, 0]);
    var to = map.containerPointToLayerPoint(size);
    var middle = from.x + size.x * map.atlas.share;
    Object.keys(map.atlas.sides).forEach(function (name) {
      var left = map.atlas.sides[name] === "left";
      var edges = [from.y, left ? middle : to.x, to.y, left ? from.x : middle];
      map.getPane(name).style.clip = "rect(" + edges.join("px,") + "px)";
    });
    map.atlas.swiped.style.setProperty("--share", map.atlas.share);
  }

  /* On which side of the bar a place lies. */
  function sideOf(map, latlng) {
    return map.latLngToContainerPoint(latlng).x < map.getSize().x * map.atlas.share
      ? "left" : "right";
  }

  window.AtlasTools = {
    send: send, remembered: remembered, remember: remember, forget: forget,
    corner: corner, controls: controls, swipe: swipe, sideOf: sideOf
  };
})();
