/* What the editor shows beside the map: buttons, sizes, warnings. Text by textContent only. */
(function () {
  "use strict";

  var SVG_NS = "http://www.w3.org/2000/svg";
  var M2_PER_HECTARE = 10000;
  var M2_PER_MU = 2000 / 3;

  /* Strokes in a box of 24 by 24. */
  var ICONS = {
    finish: ["M5 12.5L10 17.5L19.5 7"],
    undo: ["M9 5L4.5 9.5L9 14", "M5 9.5H14A5 5 0 0 1 14 19.5H9"],
    redo: ["M15 5L19.5 9.5L15 14", "M19 9.5H10A5 5 0 0 0 10 19.5H15"],
    cancel: ["M6.5 6.5L17.5 17.5", "M17.5 6.5L6.5 17.5"],
    snap: ["M6 4V12A6 6 0 0 0 18 12V4", "M6 8H10", "M14 8H18", "M10 4V12A2 2 0 0 0 14 12V4",
      "M6 4H10", "M14 4H18"],
    help: ["M9 9.5A3 3 0 1 1 13.5 12C12.4 12.7 12 13.2 12 14.5", "M12 18V18.2"],
    distance: ["M3 15.5L15.5 3L21 8.5L8.5 21Z", "M7 11.5L9.5 14", "M10.5 8L12 9.5",
      "M14 4.5L16.5 7"],
    area: ["M5 6.5L18 5L19.5 17L9 19.5Z", "M5 6.5V6.6", "M18 5V5.1", "M19.5 17V17.1",
      "M9 19.5V19.6"]
  };

  function icon(name) {
    var svg = document.createElementNS(SVG_NS, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "atlas-icon icon-" + name);
    ICONS[name].forEach(function (d) {
      var path = document.createElementNS(SVG_NS, "path");
      path.setAttribute("d", d);
      svg.appendChild(path);
    });
    return svg;
  }

  function button(box, name, title, press) {
    var element = L.DomUtil.create("button", "atlas-tool " + name, box);
    element.type = "button";
    element.title = title;
    element.setAttribute("aria-label", title);
    element.appendChild(icon(name));
    L.DomEvent.on(element, "click", function (event) {
      L.DomEvent.stop(event);
      press();
    });
    return element;
  }

  function write(element, text) {
    if (element.textContent !== text) { element.textContent = text; }
  }

  function disable(element, disabled) {
    /* Not the attribute `disabled`: a button that loses the focus loses the keyboard's user. */
    element.setAttribute("aria-disabled", String(disabled));
  }

  function grouped(value, decimals) {
    var digits = value.toFixed(decimals).split(".");
    digits[0] = digits[0].replace(/\B(?=(\d{3})+$)/g, ",");
    return digits.join(".");
  }

  function lengthText(metres, t) {
    return metres < 1000
      ? grouped(metres, metres < 100 ? 2 : 1) + " " + t("unit_m")
      : grouped(metres / 1000, 3) + " " + t("unit_km");
  }

  function areaTexts(m2, t) {
    return [
      grouped(m2 / M2_PER_HECTARE, m2 < 1e6 ? 4 : 2) + " " + t("unit_ha"),
      grouped(m2, m2 < 1e4 ? 1 : 0) + " " + t("unit_m2"),
      grouped(m2 / M2_PER_MU, m2 < 1e6 ? 3 : 1) + " " + t("unit_mu")
    ];
  }

  /* The box at the top of the map; `actions` are finish, undo, redo, cancel, snap. */
  function Panel(map, t, actions) {
    this.t = t;
    this.box = L.DomUtil.create("div", "atlas-edit");
    this.box.setAttribute("role", "group");
    this.box.hidden = true;
    /* First in the map, so that the Tab key meets it before many handles. */
    map.getContainer().insertBefore(this.box, map.getContainer().firstChild);
    L.DomEvent.disableClickPropagation(this.box);
    L.DomEvent.disableScrollPropagation(this.box);
    var head = L.DomUtil.create("div", "head", this.box);
    this.title = L.DomUtil.create("span", "title", head);
    var bar = L.DomUtil.create("div", "bar", head);
    this.buttons = {};
    ["finish", "undo", "redo", "snap", "cancel"].forEach(function (name) {
      this.buttons[name] = button(bar, name, t("edit_" + name), actions[name]);
    }, this);
    var help = L.DomUtil.create("div", "manual");
    help.textContent = t("help");
    help.hidden = true;
    var opener = button(bar, "help", t("edit_show_help"), function () {
      help.hidden = !help.hidden;
      opener.setAttribute("aria-expanded", String(!help.hidden));
    });
    opener.setAttribute("aria-expanded", "false");
    this.hint = L.DomUtil.create("div", "hint", this.box);
    this.sizes = L.DomUtil.create("dl", "sizes", this.box);
    this.warning = L.DomUtil.create("div", "warning", this.box);
    this.warning.setAttribute("role", "status");
    this.box.appendChild(help);
  }

  Panel.prototype = {
    show: function (title, hint) {
      write(this.title, this.t(title));
      this.box.setAttribute("aria-label", this.t(title));
      write(this.hint, this.t(hint));
      this.warn("");
      this.measure([]);
      this.box.hidden = false;
    },

    hide: function () { this.box.hidden = true; },

    state: function (state) {
      disable(this.buttons.finish, !state.finish);
      disable(this.buttons.undo, !state.undo);
      disable(this.buttons.redo, !state.redo);
      this.buttons.snap.setAttribute("aria-pressed", String(state.snap));
    },

    warn: function (reason) { write(this.warning, reason ? this.t(reason) : ""); },

    /* `rows` are [text key, metres, or square metres if the key is edit_area, or null]. */
    measure: function (rows) {
      var t = this.t;
      var lines = [];
      rows.forEach(function (row) {
        var isArea = row[0] === "edit_area";
        var texts = row[1] === null ? ["—"]
          : isArea ? areaTexts(row[1], t) : [lengthText(row[1], t)];
        texts.forEach(function (text, i) {
          lines.push([row[0], i ? "" : t(row[0]), text]);
        });
      });
      while (this.sizes.children.length > 2 * lines.length) {
        this.sizes.removeChild(this.sizes.lastChild);
      }
      lines.forEach(function (line, i) {
        var term = this.sizes.children[2 * i] || L.DomUtil.create("dt", "", this.sizes);
        var value = this.sizes.children[2 * i + 1] || L.DomUtil.create("dd", "", this.sizes);
        write(term, line[1]);
        write(value, line[2]);
        value.className = line[0];
      }, this);
    }
  };

  /* The control with the two measuring tools; `toggle` is called with "line" or "polygon". */
  function MeasureControl(map, t, toggle) {
    var buttons = this.buttons = {};
    var control = L.control({ position: "topleft" });
    control.onAdd = function () {
      var box = L.DomUtil.create("div", "leaflet-bar atlas-measure");
      L.DomEvent.disableClickPropagation(box);
      buttons.line = button(box, "distance", t("measure_distance"), function () {
        toggle("line");
      });
      buttons.polygon = button(box, "area", t("measure_area"), function () { toggle("polygon"); });
      return box;
    };
    control.addTo(map);
    this.state("", false);
  }

  MeasureControl.prototype.state = function (pressed, disabled) {
    ["line", "polygon"].forEach(function (mode) {
      this.buttons[mode].setAttribute("aria-pressed", String(mode === pressed));
      disable(this.buttons[mode], disabled);
    }, this);
  };

  window.AtlasEditorParts.Panel = Panel;
  window.AtlasEditorParts.MeasureControl = MeasureControl;
})();
