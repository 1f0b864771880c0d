import { natsVariables, serviceVariables } from '@benchwire/shared/runtime/config.ts';
import { z } from 'zod';

export const ingestConfig = z.object({ ...natsVariables, ...serviceVariables });
