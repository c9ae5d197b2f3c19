/* Reads Mapbox Vector Tiles 2.1 for the map of Yangpu Atlas. */
(function () {
  "use strict";

  var EXTENT = 4096;
  var POINT = 1, AREA = 3;
  var UTF8 = new TextDecoder();

  /* Reads the protocol buffers of a tile (Mapbox Vector Tile 2.1). */
  function Reader(bytes, from, to) {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  Reader.prototype.varint = function () {
    var bytes = this.bytes;
    var value = 0;
    var scale = 1;
    var byte;
    do {
      byte = bytes[this.at++];
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127);
    return value;
  };

  /* Calls `field(number, reader)` for each field; a field that is not read is passed over. */
  Reader.prototype.each = function (field) {
    while (this.at < this.end) {
      var key = this.varint();
      var kind = key & 7;
      var next;
      if (kind === 0) {
        var before = this.at;
        this.varint();
        next = this.at;
        this.at = before;
      } else {
        var length = kind === 2 ? this.varint() : kind === 1 ? 8 : 4;
        next = this.at + length;
      }
      field(key >> 3, this, next);
      this.at = next;
    }
  };

  Reader.prototype.part = function (end) { return new Reader(this.bytes, this.at, end); };

  function value(reader) {
    var found = "";
    reader.each(function (number, r, end) {
      if (number === 1) {
        found = UTF8.decode(r.bytes.subarray(r.at, end));
      } else if (number === 5) {
        found = r.varint();
      }
    });
    return found;
  }

  /* One layer of a tile: features as flat arrays, nothing made until it is needed. */
  function Content(reader) {
    this.name = "";
    this.extent = EXTENT;
    this.ids = [];
    this.kinds = [];
    this.tags = [];
    this.keys = [];
    this.values = [];
    this.path = [0]; /* for each feature, its first path; one more at the end */
    this.start = [0]; /* for each path, its first vertex; one more at the end */
    this.vertices = [];
    this.boxes = [];
    this.layer(reader);
    this.vertices = Int16Array.from(this.vertices);
    this.boxes = Int16Array.from(this.boxes);
  }

  /* Returns the layers of a tile, one at least. */
  function decode(buffer) {
    var layers = [];
    var bytes = new Uint8Array(buffer);
    new Reader(bytes, 0, bytes.length).each(function (number, reader, end) {
      if (number === 3) { layers.push(new Content(reader.part(end))); }
    });
    return layers.length ? layers : [new Content(new Reader(bytes, 0, 0))];
  }

  Content.prototype.layer = function (reader) {
    var self = this;
    reader.each(function (number, r, end) {
      if (number === 1) { self.name = UTF8.decode(r.bytes.subarray(r.at, end)); }
      if (number === 5) { self.extent = r.varint(); }
      if (number === 2) { self.feature(r.part(end)); }
      if (number === 3) { self.keys.push(UTF8.decode(r.bytes.subarray(r.at, end))); }
      if (number === 4) { self.values.push(value(r.part(end))); }
    });
  };

  Content.prototype.feature = function (reader) {
    var self = this;
    var id = 0, kind = 0, tags = [];
    reader.each(function (number, r, end) {
      if (number === 1) { id = r.varint(); }
      if (number === 2) { while (r.at < end) { tags.push(r.varint()); } }
      if (number === 3) { kind = r.varint(); }
      if (number === 4) { self.geometry(r.part(end)); }
    });
    this.ids.push(id);
    this.kinds.push(kind);
    this.tags.push(tags);
  };

  Content.prototype.geometry = function (reader) {
    var vertices = this.vertices;
    var x = 0, y = 0;
    var west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
    while (reader.at < reader.end) {
      var command = reader.varint();
      var what = command & 7;
      var count = command >> 3;
      if (what === 1 && vertices.length / 2 > this.start[this.start.length - 1]) {
        this.start.push(vertices.length / 2);
      }
      for (var n = 0; n < count && what !== 7; n++) {
        var dx = reader.varint(), dy = reader.varint();
        x += dx % 2 ? -(dx + 1) / 2 : dx / 2;
        y += dy % 2 ? -(dy + 1) / 2 : dy / 2;
        vertices.push(x, y);
        west = Math.min(west, x);
        east = Math.max(east, x);
        north = Math.min(north, y);
        south = Math.max(south, y);
      }
    }
    this.start.push(vertices.length / 2);
    this.path.push(this.start.length - 1);
    this.boxes.push(west, north, east, south);
  };

  Content.prototype.property = function (feature, key) {
    var tags = this.tags[feature];
    for (var i = 0; i < tags.length; i += 2) {
      if (this.keys[tags[i]] === key) { return this.values[tags[i + 1]]; }
    }
    return "";
  };

  /* Whether a place in tile units lies on a feature, `reach` units being near enough. */
  Content.prototype.covers = function (feature, x, y, reach) {
    var box = 4 * feature;
    var b = this.boxes;
    if (x < b[box] - reach || y < b[box + 1] - reach ||
        x > b[box + 2] + reach || y > b[box + 3] + reach) { return false; }
    var kind = this.kinds[feature];
    var inside = false;
    for (var path = this.path[feature]; path < this.path[feature + 1]; path++) {
      var from = this.start[path], to = this.start[path + 1];
      if (kind === AREA) {
        if (crossings(this.vertices, from, to, x, y)) { inside = !inside; }
      } else if (near(this.vertices, from, to, x, y, reach, kind === POINT)) {
        return true;
      }
    }
    return inside;
  };

  /* Even-odd rule: how often a ray to the east leaves the ring. */
  function crossings(v, from, to, x, y) {
    var odd = false;
    for (var i = from, j = to - 1; i < to; j = i++) {
      var yi = v[2 * i + 1], yj = v[2 * j + 1];
      if ((yi > y) !== (yj > y)) {
        var xi = v[2 * i];
        if (x < xi + (y - yi) * (v[2 * j] - xi) / (yj - yi)) { odd = !odd; }
      }
    }
    return odd;
  }

  function near(v, from, to, x, y, reach, points) {
    for (var i = from; i < to; i++) {
      var ax = v[2 * i] - x, ay = v[2 * i + 1] - y;
      if (ax * ax + ay * ay <= reach * reach) { return true; }
      if (points || i + 1 === to) { continue; }
      var bx = v[2 * i + 2] - x - ax, by = v[2 * i + 3] - y - ay;
      var share = -(ax * bx + ay * by) / (bx * bx + by * by || 1);
      if (share <= 0 || share >= 1) { continue; }
      var px = ax + share * bx, py = ay + share * by;
      if (px * px + py * py <= reach * reach) { return true; }
    }
    return false;
  }

  window.AtlasMvt = { decode: decode, EXTENT: EXTENT, POINT: POINT, LINE: 2, AREA: AREA };
})();
