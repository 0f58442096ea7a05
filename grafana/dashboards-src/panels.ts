import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TimelineValueAlignment,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Panel,
  type Threshold,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TextBuilder } from '@grafana/grafana-foundation-sdk/text';
import { PanelBuilder as SeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { overrideOf, type Field } from './field.js';
import { thresholds as houseThresholds, units } from './house.js';
import type { Query } from './query.js';

/** A panel and how many of the 24 columns it takes. */
export interface Placed {
  readonly width: number;
  readonly panel: Builder<Panel>;
}

interface Common {
  readonly title: string;
  /** What it shows, and what 0 or nothing means. */
  readonly description: string;
  readonly width: number;
  readonly queries: readonly Query[];
  readonly unit: string;
  /** How single columns, or series by their name, differ from the rest. */
  readonly fields?: readonly Field[];
  /** In place of a panel without data: that nothing is there is news, good or bad. */
  readonly empty: string;
}

/** Figures side by side: every column of the first row is one. */
export function figures(options: Common & { thresholds?: Threshold[]; mappings?: ValueMapping[]; size?: number }): Placed {
  const panel = frame(new StatBuilder(), options)
    .mappings(options.mappings ?? [])
    .thresholds(absolute(options.thresholds ?? houseThresholds.plain))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .justifyMode(BigValueJustifyMode.Auto)
    .textMode(BigValueTextMode.ValueAndName)
    .orientation(VizOrientation.Auto)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('/.*/').values(false));
  return { width: options.width, panel };
}

/** Rows as they come. */
export function table(options: Common): Placed {
  const panel = frame(new TableBuilder(), options)
    .thresholds(absolute(houseThresholds.plainText))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .filterable(false);
  return { width: options.width, panel };
}

/** Lines over time, or bars that are stacked. */
export function lines(options: Common & { stacked?: true; max?: number; decimals?: number }): Placed {
  const panel = frame(new SeriesBuilder(), options)
    .min(0)
    .legend(bottomLegend(true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .showPoints(VisibilityMode.Never)
    .lineWidth(1)
    .fillOpacity(options.stacked ? 60 : 8);
  if (options.stacked) {
    panel
      .drawStyle(GraphDrawStyle.Bars)
      .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  }
  if (options.max !== undefined) panel.max(options.max);
  return { width: options.width, panel };
}

/** States over time, a lane for each series. */
export function timeline(options: Common & { mappings: ValueMapping[] }): Placed {
  const panel = frame(new TimelineBuilder(), options)
    .mappings(options.mappings)
    .thresholds(absolute(houseThresholds.plainText))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .showValue(VisibilityMode.Never)
    .alignValue(TimelineValueAlignment.Left)
    .rowHeight(0.8)
    .fillOpacity(80)
    .legend(bottomLegend(true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single));
  return { width: options.width, panel };
}

/** Words, in Markdown. */
export function words({ title, description, width, content }: { title: string; description: string; width: number; content: string }): Placed {
  return { width, panel: new TextBuilder().title(title).description(description).unit(units.text).content(content) };
}

/** What panels of all kinds are given. */
function frame<
  B extends Builder<Panel> & {
    title(title: string): B;
    description(description: string): B;
    unit(unit: string): B;
    targets(targets: Query[]): B;
    noValue(text: string): B;
    overrides(overrides: ReturnType<typeof overrideOf>[]): B;
  },
>(builder: B, { title, description, unit, queries, fields = [], empty }: Common): B {
  return builder
    .title(title)
    .description(description)
    .unit(unit)
    .targets([...queries])
    .noValue(empty)
    .overrides(fields.map(overrideOf));
}

function bottomLegend(shown: boolean): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(shown);
}

function absolute(of: readonly Threshold[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...of]);
}
