/** Pages without tables or charts of data that a snapshot would show. */
const WITHOUT = /^\/(runs\/new|snapshots|keys|audit|rejected|gates|settings)(\/|$)/;

/** Whether a snapshot of the page at this path shows something. Pure. */
export const hasSnapshots = (path: string): boolean => !WITHOUT.test(path);
