/** Marks of each annotator: where a new level begins. */
export type Annotations = Record<string, number[]>;

/** A series with what people marked on it. */
export interface LabelledSeries {
  name: string;
  values: Float64Array;
  annotations: Annotations;
  /** Changes that at least half of the annotators marked. */
  events: number[];
}
