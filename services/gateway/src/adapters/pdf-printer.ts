import { printPdf } from '@benchwire/shared/report/print-pdf.ts';
import { HttpProblem } from '../problem.ts';

/** Each takes a second of a processor, and a browser's memory. */
const MAX_WAITING = 8;

/** Prints reports with the Chromium of this machine, one at a time. */
export class PdfPrinter {
  readonly #browser: string | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @param browser - its path; the first one of the usual places without */
  constructor(browser: string | undefined) {
    this.#browser = browser;
  }

  /** @throws HttpProblem 409 where none can be printed here, 429 where many wait */
  async print(html: string): Promise<Buffer> {
    if (this.#waiting >= MAX_WAITING)
      throw new HttpProblem(429, 'TOO_MANY_PDFS', `${MAX_WAITING} PDFs wait to be printed: try again in a minute.`);
    this.#waiting++;
    const printing = this.#last.then(() => printPdf(html, { browser: this.#browser }));
    this.#last = printing.catch(() => undefined);
    const printed = await printing.finally(() => this.#waiting--);
    if (printed.ok) return printed.pdf;
    throw new HttpProblem(409, 'NO_PDF', printed.reason);
  }
}
