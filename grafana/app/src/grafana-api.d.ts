/** What of Grafana's API this app uses, as it is in Grafana 9.4 to 13. Grafana provides both modules when it loads the app. */

declare module '@grafana/data' {
  import type { ComponentType } from 'react';

  export interface PanelProps {
    readonly width: number;
    readonly height: number;
    /** Of the panel, as the dashboard's JSON has them. */
    readonly options: Readonly<Record<string, unknown>>;
    replaceVariables(text: string): string;
  }
  export const PanelPlugin: new (panel: ComponentType<PanelProps>) => object;
  export const AppPlugin: new () => object;
}

declare module '@grafana/runtime' {
  export interface FetchResponse {
    readonly status: number;
    readonly data: unknown;
  }
  /** Of rxjs, as far as it is needed. */
  interface Answers<T> {
    subscribe(observer: {
      next(answer: T): void;
      /** A FetchError: `status` is 0 when nothing answered, `data` is the body. */
      error(failure: unknown): void;
    }): { unsubscribe(): void };
  }
  export function getBackendSrv(): {
    fetch(request: {
      readonly url: string;
      readonly method: string;
      readonly data?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      /** Grafana's own message in its corner; the panels say it themselves. */
      readonly showErrorAlert: boolean;
      readonly showSuccessAlert: boolean;
    }): Answers<FetchResponse>;
  };

  interface ThemeColor {
    readonly main: string;
    readonly text: string;
    readonly contrastText: string;
  }
  export const config: {
    readonly bootData: {
      readonly user: { readonly login: string; readonly orgRole: 'Viewer' | 'Editor' | 'Admin' | '' };
    };
    readonly theme2: {
      readonly isDark: boolean;
      readonly colors: {
        readonly text: { readonly primary: string; readonly secondary: string };
        readonly background: {
          readonly primary: string;
          readonly secondary: string;
          readonly canvas: string;
        };
        readonly border: { readonly weak: string; readonly medium: string; readonly strong: string };
        readonly primary: ThemeColor;
        readonly error: ThemeColor;
        readonly warning: ThemeColor;
        readonly success: ThemeColor;
        readonly info: ThemeColor;
      };
    };
  };
}
