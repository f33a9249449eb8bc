//! What everything is compared with: the same framework, the same workers, and nothing to do.

use std::net::SocketAddr;
use std::thread::available_parallelism;

use actix_web::{App, HttpResponse, HttpServer, web};

async fn hello() -> HttpResponse {
    HttpResponse::Ok().body("Hello")
}

pub fn serve(address: SocketAddr) -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        HttpServer::new(|| App::new().route("/", web::get().to(hello)))
            .tcp_nodelay(true)
            .workers(available_parallelism().map_or(2, usize::from))
            .bind(address)?
            .run()
            .await
    })
}
