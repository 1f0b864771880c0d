/** What can be compared; exactly one of them differs between the sides of a comparison. Without a schema: a page needs none. */
export const COMPARED_BY = ['run', 'commit', 'model', 'hardware', 'batch_size', 'series', 'period'] as const;

export const MAX_SIDES = 8;
