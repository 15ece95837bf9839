// Makes <form data-upload> kinder: the file's name and size, a first look at its bytes, drag and drop, progress.
// Without this script the form posts as any other. The server decides; what is said here is only said earlier.
//
// On the form: data-max-bytes, data-names (patterns apart by spaces), data-magic: "hdf5", "pytorch", "onnx", or "code" (a zip
// or ONNX), what the first bytes should be of.
(function () {
  "use strict";

  const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
  const ZIP = [0x50, 0x4b];
  const PICKLE = [0x80];

  const startsWith = (bytes, signature) => signature.every((byte, index) => bytes[index] === byte);
  const grouped = (count) => count.toLocaleString("en-GB");

  function size(bytes) {
    if (bytes < 1024) return `${bytes} bytes`;
    if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
    return `${(bytes / 1024 / 1024).toFixed(2)} MiB`;
  }

  function element(name, className, text) {
    const node = document.createElement(name);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  }

  function matches(name, pattern) {
    const source = pattern
      .split("*")
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*");
    return new RegExp(`^${source}$`).test(name);
  }

  const hexadecimal = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

  // What the first bytes say, as {fits, text}.
  function describeStart(bytes, magic) {
    if (bytes.length === 0) return { fits: false, text: "The file is empty: 0 bytes. Save the weights again." };
    if (magic === "code" && startsWith(bytes, ZIP)) return { fits: true, text: "Starts as a zip does." };
    if (magic === "onnx" || magic === "code") return describeOnnx(bytes);
    return magic === "pytorch" ? describePytorch(bytes) : describeHdf5(bytes);
  }

  function describeHdf5(bytes) {
    if (startsWith(bytes, HDF5)) return { fits: true, text: "Starts as an HDF5 file does." };
    if (startsWith(bytes, ZIP)) {
      const text = "This is a zip archive, as model.save() writes for .keras. Save the weights alone, as .h5.";
      return { fits: false, text };
    }
    const first = hexadecimal(bytes.slice(0, 4));
    return { fits: false, text: `An HDF5 file starts with the bytes 89 48 44 46; this one starts with ${first}.` };
  }

  // A safetensors file starts with the length of its header, which is JSON.
  const isSafetensors = (bytes) => bytes[8] === 0x7b && bytes[6] === 0 && bytes[7] === 0;

  function describePytorch(bytes) {
    if (startsWith(bytes, ZIP)) return { fits: true, text: "Starts as a file of torch.save and a zip do." };
    if (startsWith(bytes, PICKLE)) return { fits: true, text: "Starts as a file of torch.save in its old format does." };
    if (isSafetensors(bytes)) return { fits: true, text: "Starts as a safetensors file does." };
    if (startsWith(bytes, HDF5)) {
      const text = "This is an HDF5 file, as Keras writes. Save a PyTorch state dict with torch.save(model.state_dict(), ...).";
      return { fits: false, text };
    }
    const first = hexadecimal(bytes.slice(0, 4));
    return { fits: false, text: `A file of torch.save starts with the bytes 50 4b; this one starts with ${first}.` };
  }

  // Nothing marks an ONNX file but its first field, the version of the format.
  function describeOnnx(bytes) {
    if (bytes[0] === 0x08 && bytes[1] >= 3 && bytes[1] <= 20) return { fits: true, text: "Starts as an ONNX model does." };
    if (startsWith(bytes, ZIP) || startsWith(bytes, HDF5)) {
      const text = "This is a weight file or an archive. Export the network with torch.onnx.export, and hand in that file.";
      return { fits: false, text };
    }
    const first = hexadecimal(bytes.slice(0, 2));
    return { fits: false, text: `An ONNX model starts with the byte 08 and a version from 3; this file starts with ${first}.` };
  }

  // Everything worth saying about a chosen file, as [{fits, text}]. Only a file above the cap is held back.
  async function inspect(form, file) {
    const findings = [];
    const names = (form.dataset.names ?? "").split(" ").filter(Boolean);
    if (names.length && !names.some((pattern) => matches(file.name, pattern))) {
      findings.push({ fits: false, text: `The name should be ${names.join(" or ")}; this file is ${file.name}.` });
    }
    const cap = Number(form.dataset.maxBytes ?? 0);
    if (cap && file.size > cap) {
      const text = `At most ${grouped(cap)} bytes are accepted; this file has ${grouped(file.size)}.`;
      findings.push({ fits: false, blocks: true, text });
    }
    if (form.dataset.magic) {
      const start = await file.slice(0, 9).arrayBuffer();
      findings.push(describeStart(new Uint8Array(start), form.dataset.magic));
    }
    return findings;
  }

  async function show(form, input, parts) {
    const file = input.files[0];
    parts.chosen.replaceChildren();
    parts.answer.replaceChildren();
    form.querySelector(".dropzone")?.classList.toggle("has-file", Boolean(file));
    if (!file) return;
    const line = element("p", "dropzone-file");
    line.append(element("strong", "", file.name), element("span", "num", size(file.size)));
    parts.chosen.append(line);
    const findings = await inspect(form, file);
    if (input.files[0] !== file) return; // another file was chosen meanwhile
    for (const finding of findings) {
      const word = finding.fits ? "Good: " : "Look again: ";
      const paragraph = element("p", `finding ${finding.fits ? "finding-good" : "finding-warn"}`);
      paragraph.append(element("strong", "", word), finding.text);
      parts.chosen.append(paragraph);
    }
    parts.submit.disabled = findings.some((finding) => finding.blocks);
  }

  function allowDrop(form, input) {
    const zone = form.querySelector(".dropzone");
    if (!zone) return;
    const mark = (over) => zone.classList.toggle("is-over", over);
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      mark(true);
    });
    zone.addEventListener("dragleave", () => mark(false));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      mark(false);
      if (event.dataTransfer.files.length === 0) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }

  // The problem details of an answer, in words.
  function explain(answer, status, body) {
    let problem = {};
    try {
      problem = JSON.parse(body);
    } catch {
      // not JSON: the status alone is told
    }
    const box = element("div", "notice notice-danger");
    box.append(element("strong", "", problem.title ?? `The server answered with status ${status}.`));
    const errors = problem.errors ?? [];
    const isTold = errors.some((error) => error.message === problem.detail);
    if (problem.detail && !isTold) box.append(element("p", "", problem.detail));
    const list = element("ul");
    for (const error of errors) {
      list.append(element("li", "", [error.message, error.hint].filter(Boolean).join(" ")));
    }
    if (list.children.length) box.append(list);
    answer.replaceChildren(box);
  }

  function send(form, parts) {
    const request = new XMLHttpRequest();
    const finish = () => {
      parts.submit.disabled = false;
      parts.progress.hidden = true;
    };
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json, application/problem+json");
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      parts.bar.max = event.total;
      parts.bar.value = event.loaded;
      parts.told.textContent = `${size(event.loaded)} of ${size(event.total)}`;
    });
    request.addEventListener("load", () => {
      const place = request.getResponseHeader("Location");
      if (request.status < 300 && place) {
        window.location.assign(place);
        return;
      }
      finish();
      explain(parts.answer, request.status, request.responseText);
    });
    request.addEventListener("error", () => {
      finish();
      const title = "The connection ended before an answer came.";
      const detail = "Nothing was counted unless the file is in your list of submissions. Look there, then send it again.";
      explain(parts.answer, 0, JSON.stringify({ title, detail }));
    });
    parts.submit.disabled = true;
    parts.progress.hidden = false;
    parts.answer.replaceChildren();
    request.send(new FormData(form));
  }

  function progressParts() {
    const progress = element("div", "upload-progress");
    const bar = element("progress");
    const told = element("span", "num");
    bar.setAttribute("aria-label", "Uploaded");
    progress.append(bar, told);
    progress.hidden = true;
    return { progress, bar, told };
  }

  function enhance(form) {
    const input = form.querySelector("input[type=file]");
    const submit = form.querySelector("[type=submit]");
    if (!input || !submit) return;
    const chosen = element("div", "upload-chosen");
    const answer = element("div", "upload-answer");
    chosen.setAttribute("aria-live", "polite");
    answer.setAttribute("role", "alert");
    const parts = { submit, chosen, answer, ...progressParts() };
    (form.querySelector(".dropzone") ?? input).after(chosen, parts.progress, answer);
    input.addEventListener("change", () => {
      submit.disabled = false;
      show(form, input, parts);
    });
    allowDrop(form, input);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, parts);
    });
    if (input.files.length) show(form, input, parts);
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form[data-upload]")) enhance(form);
  });
})();
