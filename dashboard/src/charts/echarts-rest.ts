import { BoxplotChart, CustomChart, HeatmapChart } from 'echarts/charts';
import { AriaComponent, VisualMapComponent } from 'echarts/components';
import { use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

/** What only some charts need of ECharts, and files that are saved: loaded for these. */
use([BoxplotChart, CustomChart, HeatmapChart, AriaComponent, VisualMapComponent, SVGRenderer]);
