/** The version of package.json, put in by the build. */
declare const __FARPORT_VERSION__: string
