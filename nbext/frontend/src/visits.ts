/** Visits: the arrangement of a dataflow, stored for the next visit of its page. */

import type { Saved } from "./arrangement";
import type { Camera } from "./camera";
import type { Places } from "./scene";

export interface Visit {
  arrangement: Saved;
  places: Places | null;
  /** Null if the camera shows everything. */
  camera: Camera | null;
}

const PREFIX = "dagbook-visit:";
/** The number of dataflows that are stored, and of positions of items of each. */
const MOST = 40;
const MOST_ITEMS = 600;

/** What is written: the map of places as a list. */
type Written = Omit<Visit, "places"> & { time: number; places: (Omit<Places, "places"> & { places: [string, [number, number]][] }) | null };

/** The last visit to the dataflow of a key; null if there was none, or the page cannot store anything. */
export function readVisit(key: string): Visit | null {
  try {
    const text = localStorage.getItem(PREFIX + key);
    if (text === null) return null;
    const { arrangement, places, camera } = JSON.parse(text) as Written;
    return { arrangement, camera, places: places === null ? null : { ...places, places: new Map(places.places) } };
  } catch {
    return null;
  }
}

export function writeVisit(key: string, visit: Visit, time = Date.now()): void {
  const { places } = visit;
  const kept = places === null || places.places.size > MOST_ITEMS ? null : { ...places, places: [...places.places] };
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify({ ...visit, places: kept, time } satisfies Written));
    forgetOldest();
  } catch {
    // A page without storage, or without room in it: nothing is kept.
  }
}

function forgetOldest(): void {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  if (keys.length <= MOST) return;
  const time = (key: string): number => Number((JSON.parse(localStorage.getItem(key)!) as Written).time);
  keys.sort((a, b) => time(a) - time(b)).slice(0, keys.length - MOST).forEach((key) => localStorage.removeItem(key));
}
