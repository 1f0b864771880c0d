/** A place in the unit cube, each from 0 to 1. */
export interface Place {
  x: number;
  y: number;
  z: number;
}

/** A place on the picture; a greater depth is farther away. */
export interface Projected {
  x: number;
  y: number;
  depth: number;
}

export interface Rotation {
  /** Degrees around the upright axis. */
  yaw: number;
  /** Degrees from the side, up to 90 from above. */
  pitch: number;
}

/** Where a place of the unit cube is on a picture of the unit square around its middle, without perspective. Pure. */
export function project({ x, y, z }: Place, { yaw, pitch }: Rotation): Projected {
  const [turn, tilt] = [(yaw * Math.PI) / 180, (pitch * Math.PI) / 180];
  const [cx, cy, cz] = [x - 0.5, y - 0.5, z - 0.5];
  const right = cx * Math.cos(turn) - cz * Math.sin(turn);
  const away = cx * Math.sin(turn) + cz * Math.cos(turn);
  return {
    x: right,
    y: -(cy * Math.cos(tilt) + away * Math.sin(tilt)),
    depth: away * Math.cos(tilt) - cy * Math.sin(tilt),
  };
}

/** Turned by so many degrees; it never goes below the ground or over the top. Pure. */
export function turned({ yaw, pitch }: Rotation, by: Rotation): Rotation {
  return { yaw: (((yaw + by.yaw) % 360) + 360) % 360, pitch: Math.min(90, Math.max(0, pitch + by.pitch)) };
}
