//! Styles, scripts and pictures: part of the binary, served under names that change with their content.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::error::WebError;

#[derive(RustEmbed)]
#[folder = "static"]
struct Files;

/// A file as it is served.
struct Asset {
    path: String,
    content_type: &'static str,
    body: Vec<u8>,
}

impl Asset {
    fn named_by_content(name: &str, extension: &str, content_type: &'static str, body: Vec<u8>) -> Self {
        let digest = Sha256::digest(&body);
        let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Asset {
            path: format!("/static/{name}-{hash}.{extension}"),
            content_type,
            body,
        }
    }
}

fn joined_styles(of_staff: bool) -> Vec<u8> {
    let mut names: Vec<_> = Files::iter().filter(|name| name.starts_with("css/")).collect();
    names.sort();
    names
        .iter()
        .filter(|name| of_staff || !name.contains("-staff-"))
        .flat_map(|name| file(name))
        .collect()
}

fn file(name: &str) -> Vec<u8> {
    Files::get(name)
        .unwrap_or_else(|| panic!("static/{name} is part of the binary"))
        .data
        .into_owned()
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

static STAFF_STYLES: LazyLock<Asset> =
    LazyLock::new(|| Asset::named_by_content("staff", "css", CSS, joined_styles(true)));
// Partners must not meet the name of what they may not see, not even in a selector.
static SHARED_STYLES: LazyLock<Asset> =
    LazyLock::new(|| Asset::named_by_content("leadgate", "css", CSS, joined_styles(false)));
static STAFF_SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::named_by_content("staff", "js", JAVASCRIPT, file("js/leadgate.js")));
static SHARED_SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::named_by_content("leadgate", "js", JAVASCRIPT, file("js/portal.js")));

static KNOWN: [&LazyLock<Asset>; 4] = [&STAFF_STYLES, &SHARED_STYLES, &STAFF_SCRIPT, &SHARED_SCRIPT];

/// Whether this is part of the address of a file that there is.
pub fn is_known(segment: &str) -> bool {
    matches!(segment, "static" | "img")
        || KNOWN.iter().any(|asset| asset.path.ends_with(segment))
        || Files::iter().any(|name| name.strip_prefix("img/") == Some(segment))
}

/// The addresses of the styles and the script that a page needs.
#[derive(Debug, Clone, Copy)]
pub struct PageAssets {
    pub stylesheet: &'static str,
    pub script: &'static str,
}

pub fn for_staff() -> PageAssets {
    PageAssets {
        stylesheet: &STAFF_STYLES.path,
        script: &STAFF_SCRIPT.path,
    }
}

pub fn for_everybody() -> PageAssets {
    PageAssets {
        stylesheet: &SHARED_STYLES.path,
        script: &SHARED_SCRIPT.path,
    }
}

/// `GET /static/{file}`: a file under the name of its content, which never changes.
pub async fn show(name: web::Path<String>) -> Result<HttpResponse, WebError> {
    let path = format!("/static/{name}");
    let asset = KNOWN
        .into_iter()
        .find(|asset| asset.path == path)
        .ok_or(WebError::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, asset.content_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.body.clone()))
}

/// `GET /static/img/{file}`: a picture under its plain name.
pub async fn show_image(name: web::Path<String>) -> Result<HttpResponse, WebError> {
    let picture = Files::get(&format!("img/{name}")).ok_or(WebError::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "image/svg+xml"))
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .body(picture.data.into_owned()))
}
