import type { CatalogueModel } from '@benchwire/shared/catalogue/catalogue.ts';
import type { OnnxConfig } from '@benchwire/shared/contracts/task.ts';
import { badInput } from '@benchwire/shared/model/errors.ts';
import type { ModelPrecision } from '@benchwire/shared/model/model-precision.ts';

/** Other ways to write the same. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ...{ float: 'fp32', float32: 'fp32', f32: 'fp32', single: 'fp32' },
  ...{ float16: 'fp16', f16: 'fp16', half: 'fp16', bfloat16: 'bf16' },
  ...{ double: 'fp64', float64: 'fp64', f64: 'fp64' },
  ...{ uint8: 'int8', i8: 'int8', u8: 'int8', q8: 'int8', '8bit': 'int8' },
  ...{ uint4: 'int4', i4: 'int4', u4: 'int4', q4: 'int4', '4bit': 'int4', int2: 'int2', q2: 'int2' },
};

/**
 * The precision a result is reported under: what the model's file is. One that is asked for must be that, since nothing is
 * converted. Only where the file tells nothing (a graph that was compiled for a device) the label asked for stays. Pure.
 */
export function reportedPrecision(
  config: Pick<OnnxConfig, 'model' | 'precision'>,
  catalogue: CatalogueModel | null,
  read: ModelPrecision | null,
): string | null {
  const asked = config.precision === undefined ? null : inOneSpelling(config.precision);
  const is = read?.precision ?? catalogue?.precision ?? null;
  if (is === null) return asked;
  if (asked === null || asked === is) return is;
  const weights = read === null ? '' : ` (weights: ${read.weights})`;
  throw badInput(
    'PRECISION_NOT_AVAILABLE',
    `${config.model} is an ${is} model${weights} and is not converted; config.precision asks for "${config.precision}". ` +
      `Ask for "${is}", or leave it out.`,
  );
}

function inOneSpelling(text: string): string {
  const lower = text.toLowerCase();
  return SPELLINGS[lower] ?? lower;
}
