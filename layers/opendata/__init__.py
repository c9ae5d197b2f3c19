"""Open data as layers: OpenStreetMap and Overture Maps, with licence and attribution kept."""
