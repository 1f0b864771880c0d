import { use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

/** What draws a chart as SVG: loaded when one is saved as a file. */
use([SVGRenderer]);
