import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/** The API for people at `/docs`: every route with its schemas, to be tried with one's own key. */
export async function serveDocs(app: FastifyInstance, document: Record<string, unknown>): Promise<void> {
  await app.register(swagger, { mode: 'static', specification: { document: document as never } });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: {
      title: 'Benchwire API',
      css: [{ filename: 'docs.css', content: '.swagger-ui .topbar, .swagger-ui .info .link { display: none; }' }],
    },
    uiConfig: {
      docExpansion: 'list',
      deepLinking: true,
      defaultModelsExpandDepth: -1,
      defaultModelExpandDepth: 3,
      // Nobody else's server is asked whether the document is valid.
      validatorUrl: null,
    },
  });
}
