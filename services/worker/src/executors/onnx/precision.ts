import type { CatalogueModel } from '@benchwire/shared/catalogue/catalogue.ts';
import type { OnnxConfig } from '@benchwire/shared/contracts/task.ts';
import { badInput } from '@benchwire/shared/model/errors.ts';

const SPELLINGS: Readonly<Record<string, string>> = { float32: 'fp32', f32: 'fp32', float16: 'fp16', f16: 'fp16' };

/**
 * The precision a result is reported under: the catalogue's, which must be the one asked for; else, for the user's own
 * model, the label asked for; else null, since input types do not tell what a model computes in.
 */
export function reportedPrecision(
  config: Pick<OnnxConfig, 'model' | 'precision'>,
  catalogue: CatalogueModel | null,
): string | null {
  const asked = config.precision === undefined ? null : (SPELLINGS[config.precision.toLowerCase()] ?? config.precision);
  if (catalogue === null) return asked;
  if (asked === null || asked.toLowerCase() === catalogue.precision) return catalogue.precision;
  throw badInput(
    'PRECISION_NOT_AVAILABLE',
    `${config.model} is an ${catalogue.precision} model and is not converted; config.precision asks for "${config.precision}". ` +
      `Ask for "${catalogue.precision}", or leave it out.`,
  );
}
