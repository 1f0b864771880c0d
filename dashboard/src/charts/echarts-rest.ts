import { CustomChart, HeatmapChart } from 'echarts/charts';
import { VisualMapComponent } from 'echarts/components';
import { use } from 'echarts/core';

/** What only some charts need of ECharts: loaded for these. */
use([CustomChart, HeatmapChart, VisualMapComponent]);
