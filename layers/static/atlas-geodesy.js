/* Lengths and areas on the ellipsoid GRS80 (that of CGCS2000), for shapes as large as a city.
 *
 * Coordinates are [lng, lat] in degrees; metres and square metres come out. The numbers equal
 * those that the server computes with PROJ, because both take an edge as the shortest line on
 * the ellipsoid and not as a straight line of some map.
 */
(function () {
  "use strict";

  var A = 6378137; /* semi-major axis, m */
  var F = 1 / 298.257222101; /* flattening */
  var B = A * (1 - F);
  var E2 = F * (2 - F);
  var E = Math.sqrt(E2);
  var SECOND_E2 = (A * A - B * B) / (B * B);
  var RADIANS = Math.PI / 180;

  var Q_POLE = q(1);
  var AUTHALIC_R2 = (A * A * Q_POLE) / 2;

  /* The authalic function: the area between the equator and a latitude is proportional to it.
   * J. P. Snyder, Map Projections: A Working Manual (1987), equation 3-12, without a series. */
  function q(sine) {
    return (1 - E2) * (sine / (1 - E2 * sine * sine) + Math.atanh(E * sine) / E);
  }

  /* T. Vincenty, Direct and inverse solutions of geodesics on the ellipsoid, Survey Review 23
   * (1975); good to a tenth of a millimetre unless the places are almost antipodes. */
  function distance(from, to) {
    if (from[0] === to[0] && from[1] === to[1]) { return 0; }
    var span = (to[0] - from[0]) * RADIANS;
    var u1 = Math.atan((1 - F) * Math.tan(from[1] * RADIANS));
    var u2 = Math.atan((1 - F) * Math.tan(to[1] * RADIANS));
    var s1 = Math.sin(u1);
    var c1 = Math.cos(u1);
    var s2 = Math.sin(u2);
    var c2 = Math.cos(u2);
    var lambda = span;
    var before, sinSigma, cosSigma, sigma, cosSqAlpha, cosMiddle;
    var rounds = 100;
    do {
      var sinLambda = Math.sin(lambda);
      var cosLambda = Math.cos(lambda);
      var across = c2 * sinLambda;
      /* Equals c1 s2 - s1 c2 cos(lambda), but keeps its digits when the places are near. */
      var half = Math.sin(lambda / 2);
      var along = Math.sin(u2 - u1) + 2 * s1 * c2 * half * half;
      sinSigma = Math.sqrt(across * across + along * along);
      cosSigma = s1 * s2 + c1 * c2 * cosLambda;
      sigma = Math.atan2(sinSigma, cosSigma);
      var sinAlpha = (c1 * c2 * sinLambda) / sinSigma;
      cosSqAlpha = 1 - sinAlpha * sinAlpha;
      cosMiddle = cosSqAlpha > 0 ? cosSigma - (2 * s1 * s2) / cosSqAlpha : 0;
      var c = (F / 16) * cosSqAlpha * (4 + F * (4 - 3 * cosSqAlpha));
      before = lambda;
      lambda = span + (1 - c) * F * sinAlpha *
        (sigma + c * sinSigma * (cosMiddle + c * cosSigma * (2 * cosMiddle * cosMiddle - 1)));
    } while (Math.abs(lambda - before) > 1e-13 && --rounds);
    var k = cosSqAlpha * SECOND_E2;
    var scale = 1 + (k / 16384) * (4096 + k * (-768 + k * (320 - 175 * k)));
    var d = (k / 1024) * (256 + k * (-128 + k * (74 - 47 * k)));
    var square = 2 * cosMiddle * cosMiddle - 1;
    var correction = d * sinSigma * (cosMiddle + (d / 4) * (cosSigma * square -
      (d / 6) * cosMiddle * (4 * sinSigma * sinSigma - 3) * (2 * square - 1)));
    return B * scale * (sigma - correction);
  }

  function length(points) {
    var sum = 0;
    for (var i = 1; i < points.length; i++) { sum += distance(points[i - 1], points[i]); }
    return sum;
  }

  function isClosed(ring) {
    var last = ring[ring.length - 1];
    return ring.length > 1 && ring[0][0] === last[0] && ring[0][1] === last[1];
  }

  /* Half of the authalic latitude, as its tangent. */
  function halfTangent(latitude) {
    var sine = q(Math.sin(latitude * RADIANS)) / Q_POLE;
    return sine / (1 + Math.sqrt((1 - sine) * (1 + sine)));
  }

  /* The area left of a ring, signed. The cylindrical equal-area projection carries the ellipsoid
   * to the authalic sphere without changing any area. There the area between an edge and the
   * equator is a spherical excess with a closed form. Straight edges of the projection itself
   * would be wrong by L^3 tan(latitude) / 12 R: for edges of 5 km, one part in ten thousand. */
  function signedArea(ring) {
    var sum = 0;
    for (var i = 0; i < ring.length; i++) {
      var from = ring[i];
      var to = ring[(i + 1) % ring.length];
      var t1 = halfTangent(from[1]);
      var t2 = halfTangent(to[1]);
      var turn = Math.tan(((to[0] - from[0]) * RADIANS) / 2);
      sum -= 2 * Math.atan2(turn * (t1 + t2), 1 + t1 * t2);
    }
    return sum * AUTHALIC_R2;
  }

  /* Area of a polygon: the first ring is the outer one, the others are holes. Rings may repeat
   * their first point at the end or not, and may run either way. */
  function area(rings) {
    return rings.reduce(function (sum, ring, number) {
      var one = Math.abs(signedArea(ring));
      return number ? sum - one : one;
    }, 0);
  }

  /* Length of all rings of a polygon, holes included. */
  function perimeter(rings) {
    return rings.reduce(function (sum, ring) {
      if (!ring.length) { return sum; }
      var closing = isClosed(ring) ? 0 : distance(ring[ring.length - 1], ring[0]);
      return sum + length(ring) + closing;
    }, 0);
  }

  window.AtlasGeodesy = { distance: distance, length: length, area: area, perimeter: perimeter };
})();
