// Reads a collection by Postman's own library, and tells what that understood of each request.
const fs = require("fs");
const {Collection} = require("postman-collection");

const collection = new Collection(JSON.parse(fs.readFileSync(process.argv[2], "utf8")));
const understood = [];
collection.forEachItem((item) => {
    understood.push({
        name: item.name,
        folder: item.parent().name,
        method: item.request.method,
        url: item.request.url.toString(),
        auth: (item.getAuth() || {type: "noauth"}).type,
        body: item.request.body ? item.request.body.toString() : null,
        headers: item.request.headers.filter(({disabled}) => !disabled).map(({key}) => key),
        saved: item.responses.map(({code}) => code),
        tests: item.events.listeners("test").map(({script}) => script.exec.join("\n")),
    });
});
process.stdout.write(JSON.stringify(understood));
