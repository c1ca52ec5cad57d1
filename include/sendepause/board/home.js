// The strip on Airflow's home page. Airflow loads this file, brings React, and draws what it finds here.
// The strip itself is a page of the board; this only gives it its place, and its height once it is there.
globalThis.AirflowPlugin = () =>
  globalThis.React.createElement("iframe", {
    src: new URL("sendepause/glance", document.baseURI).href,
    title: "Sendepause",
    style: { border: 0, width: "100%", height: "6rem", order: 2 },
    onLoad: (event) => {
      const page = event.target.contentDocument;
      if (page) event.target.style.height = `${page.documentElement.scrollHeight}px`;
    },
  });
